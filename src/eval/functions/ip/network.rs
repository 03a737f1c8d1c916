//! One network: its address, how long addresses are, and how much of one is common to all in it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use dashu_int::IBig;

/// A network in CIDR notation.
#[derive(Clone, Copy)]
pub struct Network {
    /// The first address.
    pub bits: u128,
    /// The length of the common part.
    pub prefix: u32,
    /// How many bits addresses have: 32 or 128.
    pub width: u32,
}

impl Network {
    /// The network that holds an address.
    pub fn new(bits: u128, width: u32, prefix: u32) -> Self {
        let whole = Self { bits, prefix, width };
        Self { bits: bits & whole.mask(), ..whole }
    }

    /// Reads `address/length`; leading zeros do not matter.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let (bits, width) = parse_ip(address)?;
        let prefix: u32 = plain(length)?.parse().ok()?;
        (prefix <= width).then(|| Self::new(bits, width, prefix))
    }

    /// Whether its address is one of IPv4, be it written in IPv6 form.
    pub fn is_ipv4(&self) -> bool {
        self.width == 32 || self.bits >> 32 == 0xffff
    }

    /// The bits of the common part.
    pub fn mask(&self) -> u128 {
        let all = u128::MAX >> (128 - self.width);
        all & !all.checked_shr(self.prefix).unwrap_or(0)
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: u128) -> bool {
        address & self.mask() == self.bits
    }

    /// Its address with a number laid over the bits up to `end`; `None` when that takes more bits than there are.
    pub fn with(&self, number: &IBig, end: i64) -> Option<u128> {
        let shift = usize::try_from(i64::from(self.width) - end).ok()?;
        let laid = IBig::from(self.bits) | (number << shift);
        let bits = u128::try_from(if laid < IBig::ZERO { -laid } else { laid }).ok()?;
        (bits <= u128::MAX >> (128 - self.width)).then_some(bits)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = if self.is_ipv4() { self.width - 32 } else { 0 };
        write!(f, "{}/{}", shown(self.bits, self.width), self.prefix.saturating_sub(before))
    }
}

/// An address as text; one of IPv4 in IPv6 form as one of IPv4.
pub fn shown(bits: u128, width: u32) -> String {
    if width == 32 || bits >> 32 == 0xffff {
        let low = u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0);
        return Ipv4Addr::from(low).to_string();
    }
    Ipv6Addr::from(bits).to_string()
}

/// An address and how many bits it has.
pub fn parse_ip(text: &str) -> Option<(u128, u32)> {
    if !text.contains(':') {
        return parse_ipv4(text).map(|v4| (u128::from(u32::from(v4)), 32));
    }
    let parts: Option<Vec<String>> = text
        .split(':')
        .map(|part| match part {
            "" => Some(String::new()),
            part if part.contains('.') => parse_ipv4(part).map(|v4| v4.to_string()),
            part => Some(without_zeros(part)),
        })
        .collect();
    parts?.join(":").parse::<Ipv6Addr>().ok().map(|v6| (u128::from(v6), 128))
}

fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Option<Vec<String>> = text.split('.').map(plain).collect();
    parts?.join(".").parse().ok()
}

/// A decimal number without its leading zeros.
fn plain(digits: &str) -> Option<String> {
    let decimal = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    decimal.then(|| without_zeros(digits))
}

fn without_zeros(digits: &str) -> String {
    let short = digits.trim_start_matches('0');
    if short.is_empty() { "0".into() } else { short.into() }
}
