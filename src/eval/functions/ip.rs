//! IP networks in CIDR notation.
//!
//! Numbers of hosts and networks are laid over the address bit by bit as two's complement, so that what lies outside
//! of the network (a negative number, a negative extension) gives the same address as in Terraform.

mod network;

use dashu_int::IBig;
use network::{Network, parse_ip};

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Type, Value};

const STRING: Returns = Returns::Always(Takes::String);
const PREFIX: Param = Param::string("prefix");

pub(super) const TABLE: &[Function] = &[
    Function::new(
        "cidrcontains",
        &[Param::string("containing_prefix"), Param::string("contained_ip_or_prefix")],
        Returns::Always(Takes::Bool),
        contains,
    ),
    Function::new("cidrhost", &[PREFIX, Param::number("hostnum")], STRING, host),
    Function::new("cidrnetmask", &[PREFIX], STRING, netmask),
    Function::new("cidrsubnet", &[PREFIX, Param::number("newbits"), Param::number("netnum")], STRING, subnet),
    Function::new("cidrsubnets", &[PREFIX], Returns::Always(Takes::Strings), subnets)
        .variadic(Param::number("newbits")),
];

const OUT_OF_RANGE: &str = "the resulting address has more bits than addresses have";

fn network(a: &Arguments) -> Result<Network, FunctionError> {
    let given = a.text(0)?;
    Network::parse(given)
        .ok_or_else(|| FunctionError::from(format!("invalid CIDR expression: invalid CIDR address: {given}")))
}

/// A number of hosts or networks, of any size.
fn counted(a: &Arguments, i: usize) -> Result<IBig, FunctionError> {
    let whole = a.number(i)?.to_integer_digits(10);
    let (negative, digits) = whole.ok_or("value must be a whole number")?;
    let number: IBig = digits.parse().map_err(|_| "value must be a whole number")?;
    Ok(if negative { -number } else { number })
}

/// What is left of a number in a machine word, as Go cuts it.
fn low_bits(number: &IBig) -> u64 {
    let magnitude = if *number < IBig::ZERO { -number } else { number.clone() };
    u64::try_from(magnitude & IBig::from(u64::MAX)).unwrap_or(u64::MAX)
}

fn host(a: &Arguments) -> Result<Value, FunctionError> {
    let number = counted(a, 1)?;
    let net = network(a)?;
    let last = (IBig::ONE << (net.width - net.prefix) as usize) - IBig::ONE;
    let (offset, checked) = if number < IBig::ZERO {
        let from_end = -&number - IBig::ONE;
        (&last - &from_end, from_end)
    } else {
        let word = i64::from_le_bytes(low_bits(&number).to_le_bytes());
        (number, IBig::from(word))
    };
    if checked > last {
        return Err(format!("prefix of {} does not accommodate a host numbered {offset}", net.prefix).into());
    }
    // An IPv4 address in IPv6 form counts as one of 32 bits.
    let end = if net.is_ipv4() { 32 } else { net.width };
    let address = net.with(&offset, i64::from(end)).ok_or(OUT_OF_RANGE)?;
    text(network::shown(address, net.width))
}

fn netmask(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a)?;
    if !net.is_ipv4() {
        return Err(format!("IPv6 addresses cannot have a netmask: {}", a.text(0)?).into());
    }
    text(network::shown(net.mask(), net.width))
}

/// A network some bits longer than another, by its number in it.
fn subnet(a: &Arguments) -> Result<Value, FunctionError> {
    let newbits = a.integer(1)?;
    let number = counted(a, 2)?;
    let net = network(a)?;
    let length = i64::from(net.prefix).saturating_add(newbits);
    if length > i64::from(net.width) {
        return Err(format!("insufficient address space to extend prefix of {} by {newbits}", net.prefix).into());
    }
    let last = u32::try_from(newbits).ok().and_then(|bits| 1u64.checked_shl(bits)).map_or(u64::MAX, |count| count - 1);
    if low_bits(&number) > last {
        return Err(format!("prefix extension of {newbits} does not accommodate a subnet numbered {number}").into());
    }
    let Ok(prefix) = u32::try_from(length) else { return text("<nil>") };
    let bits = net.with(&number, length).ok_or(OUT_OF_RANGE)?;
    text(Network { bits, prefix, ..net }.to_string())
}

/// Networks one after the other inside another, each of its own size.
fn subnets(a: &Arguments) -> Result<Value, FunctionError> {
    let given = a.text(0)?;
    let net = Network::parse(given)
        .ok_or_else(|| FunctionError::at(0, format!("invalid CIDR expression: invalid CIDR address: {given}")))?;
    let mut found: Vec<String> = Vec::new();
    // Terraform looks for the network before the first one, and before the address 0 there is none.
    let mut free = (net.bits > 0).then_some(net.bits);
    for i in 1..a.values.len() {
        let length = net.prefix + extension(a, i)?;
        if length > net.width {
            let protocol = if net.width == 32 { "IPv4" } else { "IPv6" };
            let message = format!("would extend prefix to {length} bits, which is too long for an {protocol} address");
            return Err(FunctionError::at(i, message));
        }
        let size = 1u128.checked_shl(net.width - length);
        // Terraform finds no network in an IPv4 network that is written in IPv6 form.
        let odd = net.is_ipv4() && net.width != 32;
        let start = free.zip(size).and_then(|(at, size)| aligned(at, size)).filter(|at| !odd && net.contains(*at));
        let bits = start.ok_or_else(|| {
            let last = || Network { bits: top(net.width, length), prefix: length, ..net }.to_string();
            let before = match found.last() {
                _ if odd => "<nil>".to_owned(),
                Some(before) => before.clone(),
                None if net.bits == 0 => last(),
                None => net.to_string(),
            };
            let message = format!(
                "not enough remaining address space for a subnet with a prefix of {length} bits after {before}"
            );
            FunctionError::at(i, message)
        })?;
        found.push(Network { bits, prefix: length, ..net }.to_string());
        free = size.and_then(|size| bits.checked_add(size));
    }
    Ok(Value::list(Type::String, found.iter().map(|s| Value::string(s.as_str())).collect()))
}

/// The bits of the last network of a length.
fn top(width: u32, length: u32) -> u128 {
    let all = u128::MAX.checked_shr(128 - width).unwrap_or_default();
    let host = 1u128.checked_shl(width - length).map_or(u128::MAX, |size| size - 1);
    all & !host
}

/// By how many bits a network is to be longer.
fn extension(a: &Arguments, i: usize) -> Result<u32, FunctionError> {
    let bits = a.integer_at(i, "")?;
    if bits < 1 {
        return Err(FunctionError::at(i, "must extend prefix by at least one bit"));
    }
    u32::try_from(bits)
        .ok()
        .filter(|bits| *bits <= 32)
        .ok_or_else(|| FunctionError::at(i, "may not extend prefix by more than 32 bits"))
}

/// The first multiple of a size from a place on.
fn aligned(at: u128, size: u128) -> Option<u128> {
    let rest = at % size;
    if rest == 0 { Some(at) } else { at.checked_add(size - rest) }
}

/// Whether an address or a network lies wholly inside a network.
fn contains(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a)?;
    let given = a.text(1)?;
    let inner = match parse_ip(given) {
        Some((bits, width)) => Network::new(bits, width, width),
        None => Network::parse(given).ok_or_else(|| {
            FunctionError::at(1, format!("invalid IP address or prefix: invalid CIDR address: {given}"))
        })?,
    };
    if net.width != inner.width {
        return Err(FunctionError::at(1, format!("address family mismatch: {net} vs. {given}")));
    }
    Ok(Value::bool(inner.prefix >= net.prefix && net.contains(inner.bits)))
}
