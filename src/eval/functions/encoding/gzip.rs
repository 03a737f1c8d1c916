//! Gzip in the frame that Go's writer makes: no name, no time, a flushed block and an empty last one.

use std::io::Read;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::super::string::text;
use super::super::{Arguments, FunctionError};
use crate::value::Value;

/// An unpacked text may not be larger than this.
const MAX_UNPACKED: u64 = 1 << 28;

/// Magic, deflate, no flags, no time, no extra flags, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The marker that a flush leaves: an empty stored block.
const FLUSHED: [u8; 5] = [0, 0, 0, 0xff, 0xff];
/// The last block, empty.
const LAST: [u8; 5] = [1, 0, 0, 0xff, 0xff];

pub(super) fn gzip(data: &[u8]) -> Result<Vec<u8>, FunctionError> {
    let mut packed = HEADER.to_vec();
    if data.is_empty() {
        packed.extend(FLUSHED);
    } else {
        let mut deflate = Compress::new(Compression::default(), false);
        let mut body = Vec::with_capacity(data.len() / 2 + 64);
        loop {
            let read = usize::try_from(deflate.total_in()).unwrap_or(data.len());
            let rest = data.get(read..).unwrap_or_default();
            body.reserve(rest.len() / 2 + 64);
            let before = body.len();
            let status = deflate.compress_vec(rest, &mut body, FlushCompress::Sync);
            let status = status.map_err(|e| format!("failed to compress: {e}"))?;
            let all_read = usize::try_from(deflate.total_in()).is_ok_and(|n| n == data.len());
            if all_read && (body.len() < body.capacity() || body.len() == before) || status == Status::StreamEnd {
                break;
            }
        }
        packed.extend(body);
    }
    packed.extend(LAST);
    let mut crc = Crc::new();
    crc.update(data);
    packed.extend(crc.sum().to_le_bytes());
    packed.extend(crc.amount().to_le_bytes());
    Ok(packed)
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
