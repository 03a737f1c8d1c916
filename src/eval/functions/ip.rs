//! IP networks in CIDR notation.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::string::text;
use super::{Arguments, Function, FunctionError, Param, Returns, Takes};
use crate::value::{Number, Type, Value};

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

fn network(a: &Arguments, i: usize) -> Result<IpNet, FunctionError> {
    let given = a.text(i)?;
    let refused = || FunctionError::from(format!("invalid CIDR expression: invalid CIDR address: {given}"));
    let (address, length) = given.split_once('/').ok_or_else(refused)?;
    let address = ip(address).ok_or_else(refused)?;
    let plain = !length.is_empty() && length.len() <= 3 && length.bytes().all(|b| b.is_ascii_digit());
    let length: u8 = if plain { length.parse().map_err(|_| refused())? } else { return Err(refused()) };
    IpNet::new(address, length).map(|net| net.trunc()).map_err(|_| refused())
}

/// An address; leading zeros in its decimal parts are allowed, as in Terraform.
fn ip(text: &str) -> Option<IpAddr> {
    let trimmed = |part: &str| {
        let short = part.trim_start_matches('0');
        let plain = part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
        (plain && part.len() <= 4).then(|| if short.is_empty() { "0".to_owned() } else { short.to_owned() })
    };
    if text.contains(':') {
        return text.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    }
    let parts: Option<Vec<String>> = text.split('.').map(trimmed).collect();
    parts?.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// The bits of an address, the lowest last.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

/// An address of the same family from its bits.
fn with_bits(like: &IpNet, bits: u128) -> Option<IpAddr> {
    match like {
        IpNet::V4(_) => u32::try_from(bits).ok().map(|bits| IpAddr::V4(bits.into())),
        IpNet::V6(_) => Some(IpAddr::V6(bits.into())),
    }
}

/// A number of hosts or networks, which may take all 128 bits.
fn counted(a: &Arguments, i: usize) -> Result<(bool, u128), FunctionError> {
    let whole = a.number(i)?.to_integer_digits(10);
    let (negative, digits) = whole.ok_or("value must be a whole number")?;
    Ok((negative, digits.parse().unwrap_or(u128::MAX)))
}

fn host(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a, 0)?;
    let (negative, number) = counted(a, 1)?;
    let free = u32::from(net.max_prefix_len() - net.prefix_len());
    let last = if free >= 128 { u128::MAX } else { (1u128 << free) - 1 };
    let offset = if negative { number.checked_sub(1).filter(|n| *n <= last).map(|n| last - n) } else { Some(number) };
    let offset = offset.filter(|n| *n <= last).ok_or_else(|| {
        let sign = if negative { "-" } else { "" };
        FunctionError::from(format!(
            "prefix of {} does not accommodate a host numbered {sign}{number}",
            net.prefix_len()
        ))
    })?;
    let address = with_bits(&net, bits(net.network()) | offset);
    text(address.map(|ip| ip.to_string()).ok_or("the address is out of range")?)
}

fn netmask(a: &Arguments) -> Result<Value, FunctionError> {
    match network(a, 0)? {
        IpNet::V4(net) => text(net.netmask().to_string()),
        IpNet::V6(_) => Err(format!("IPv6 addresses cannot have a netmask: {}", a.text(0)?).into()),
    }
}

/// A network some bits longer than another, by its number in it.
fn subnet(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a, 0)?;
    let newbits = a.integer(1)?;
    let length = i64::from(net.prefix_len()) + newbits;
    let all = i64::from(net.max_prefix_len());
    if length > all {
        return Err(format!("insufficient address space to extend prefix of {} by {newbits}", net.prefix_len()).into());
    }
    let (negative, number) = counted(a, 2)?;
    let count = u32::try_from(newbits).ok().filter(|_| newbits >= 0);
    let fits = count.is_some_and(|count| !negative && (count >= 128 || number < 1u128 << count));
    if !fits {
        let sign = if negative { "-" } else { "" };
        let message = format!("prefix extension of {newbits} does not accommodate a subnet numbered {sign}{number}");
        return Err(message.into());
    }
    let below = u32::try_from(all - length).unwrap_or(0);
    let shifted = number.checked_shl(below).unwrap_or(0);
    let address = with_bits(&net, bits(net.network()) | shifted).ok_or("the subnet is out of range")?;
    text(format!("{address}/{length}"))
}

/// Networks one after the other inside another, each of its own size.
fn subnets(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a, 0)?;
    let mut found = Vec::new();
    let mut free = Some(bits(net.network()));
    let all = u32::from(net.max_prefix_len());
    for i in 1..a.values.len() {
        let newbits = a.values.get(i).and_then(Value::as_number).and_then(Number::to_i64);
        let newbits = newbits.ok_or_else(|| FunctionError::at(i, "value must be a whole number"))?;
        if newbits < 1 {
            return Err(FunctionError::at(i, "must extend prefix by at least one bit"));
        }
        if newbits > 32 {
            return Err(FunctionError::at(i, "may not extend prefix by more than 32 bits"));
        }
        let length = u32::from(net.prefix_len()) + u32::try_from(newbits).unwrap_or(0);
        if length > all {
            let protocol = if matches!(net, IpNet::V4(_)) { "IPv4" } else { "IPv6" };
            let message = format!("would extend prefix to {length} bits, which is too long for an {protocol} address");
            return Err(FunctionError::at(i, message));
        }
        let size = 1u128.checked_shl(all - length);
        let start = free.zip(size).and_then(|(at, size)| aligned(at, size));
        let fitting = start.and_then(|start| with_bits(&net, start)).filter(|address| net.contains(address));
        let address = fitting.ok_or_else(|| {
            let message = format!(
                "not enough remaining address space for a subnet with a prefix of {length} bits after {}",
                previous(&found, &net)
            );
            FunctionError::at(i, message)
        })?;
        found.push(format!("{address}/{length}"));
        free = start.zip(size).and_then(|(start, size)| start.checked_add(size));
    }
    Ok(Value::list(Type::String, found.iter().map(|s| Value::string(s.as_str())).collect()))
}

/// The first multiple of a size from a place on.
fn aligned(at: u128, size: u128) -> Option<u128> {
    let rest = at % size;
    if rest == 0 { Some(at) } else { at.checked_add(size - rest) }
}

fn previous(found: &[String], net: &IpNet) -> String {
    found.last().cloned().unwrap_or_else(|| net.to_string())
}

/// Whether an address or a network lies wholly inside a network.
fn contains(a: &Arguments) -> Result<Value, FunctionError> {
    let net = network(a, 0)?;
    let given = a.text(1)?;
    let inner = match ip(given) {
        Some(IpAddr::V4(v4)) => IpNet::V4(Ipv4Net::from(v4)),
        Some(IpAddr::V6(v6)) => IpNet::V6(Ipv6Net::from(v6)),
        None => network(a, 1).map_err(|_| {
            FunctionError::at(1, format!("invalid IP address or prefix: invalid CIDR address: {given}"))
        })?,
    };
    let same_family = matches!((&net, &inner), (IpNet::V4(_), IpNet::V4(_)) | (IpNet::V6(_), IpNet::V6(_)));
    if !same_family {
        return Err(FunctionError::at(1, format!("address family mismatch: {net} vs. {given}")));
    }
    Ok(Value::bool(net.contains(&inner)))
}
