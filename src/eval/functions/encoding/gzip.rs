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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut data = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut data).unwrap();
        data
    }

    #[test]
    fn what_is_longer_than_the_window_comes_back() {
        for length in [0, 1, 3, 4, 258, 262, 32_767, 32_768, 65_535, 65_536, 65_537, 200_000] {
            let runs: Vec<u8> = (0..length).map(|i| b"abcdefgh"[(i / 300) % 8]).collect();
            let noise: Vec<u8> = (0..length).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
            for data in [runs, noise] {
                assert_eq!(unpacked(&gzip(&data)), data, "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_packed_comes_back(words in prop::collection::vec("[ab]{0,9}|[a-z]{1,300}|.{0,20}", 0..200)) {
            let data = words.concat().into_bytes();
            prop_assert_eq!(unpacked(&gzip(&data)), data);
        }
    }
}
