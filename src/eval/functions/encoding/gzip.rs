//! Gzip in the frame that Go's writer makes: no name, no time, a flushed block and an empty last one.

use std::io::Read;

use flate2::Crc;

use super::super::string::text;
use super::super::{Arguments, FunctionError};
use super::deflate::deflate;
use crate::value::Value;

/// An unpacked text may not be larger than this.
const MAX_UNPACKED: u64 = 1 << 28;

/// Magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block, empty.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

pub(super) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = HEADER.to_vec();
    packed.extend(deflate(data));
    packed.extend(LAST);
    let mut crc = Crc::new();
    crc.update(data);
    packed.extend(crc.sum().to_le_bytes());
    packed.extend(crc.amount().to_le_bytes());
    packed
}

pub(super) fn gunzip(a: &Arguments) -> Result<Value, FunctionError> {
    let encoded = a.text(0)?;
    let packed = super::decode_base64(encoded).ok_or_else(|| format!("failed to decode base64 data {encoded:?}"))?;
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed.as_slice()).take(MAX_UNPACKED + 1);
    reader.read_to_end(&mut unpacked).map_err(|e| format!("failed to gunzip bytestream: {e}"))?;
    if u64::try_from(unpacked.len()).is_ok_and(|n| n > MAX_UNPACKED) {
        return Err(format!("the unpacked text is larger than {MAX_UNPACKED} bytes").into());
    }
    text(String::from_utf8(unpacked).map_err(|_| "the result of decoding the provided string is not valid UTF-8")?)
}
