//! Blocks of deflate: tokens as Huffman codes, fixed or made for the block, or the bytes as they are, whatever is
//! shortest.

use super::package_merge::lengths;

/// A byte, or a repetition of what was before.
#[derive(Clone, Copy)]
pub(super) enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

/// The symbol after the last token, and the first one for lengths.
const END: usize = 256;
const LENGTHS: usize = 257;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
/// A block of bytes as they are has at most so many.
const MAX_STORED: usize = 65_535;

/// The order in which the code of the lengths is written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The symbol of a length, the first length that it stands for, and how many bits say which.
fn length_symbol(length: usize) -> (usize, usize, u32) {
    if length == 258 {
        return (28, 258, 0);
    }
    ranged(length - 3, 4).map_first(3)
}

/// The same of a distance.
fn distance_symbol(distance: usize) -> (usize, usize, u32) {
    ranged(distance - 1, 2).map_first(1)
}

/// Symbols whose ranges double: `group` of them have one size, the first two groups the size 1.
fn ranged(value: usize, group: usize) -> (usize, usize, u32) {
    if value < 2 * group {
        return (value, value, 0);
    }
    let bits = (value / group).ilog2();
    let step = 1 << bits;
    let within = value / step - group;
    (group * (bits as usize + 1) + within, (group + within) * step, bits)
}

trait MapFirst {
    fn map_first(self, offset: usize) -> Self;
}

impl MapFirst for (usize, usize, u32) {
    fn map_first(self, offset: usize) -> Self {
        (self.0, self.1 + offset, self.2)
    }
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    bits: u64,
    count: u32,
}

impl BitWriter {
    fn write(&mut self, value: usize, bits: u32) {
        self.bits |= (value as u64) << self.count;
        self.count += bits;
        while self.count >= 8 {
            self.bytes.push((self.bits & 0xff) as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.write(0, 8 - self.count);
        }
    }

    /// The header of a block of bytes as they are.
    pub(super) fn stored_header(&mut self, length: usize, last: bool) {
        self.write(usize::from(last), 3);
        self.align();
        self.write(length, 16);
        self.write(!length & 0xffff, 16);
    }

    /// All bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }
}

/// The codes of an alphabet: each symbol's bits, as they are written, and how many they are.
struct Codes(Vec<(usize, u32)>);

impl Codes {
    /// The shortest codes for so many of each symbol.
    fn for_counts(counts: &[usize], longest: u32) -> Self {
        let used: Vec<usize> = (0..counts.len()).filter(|symbol| counts[*symbol] > 0).collect();
        if used.len() <= 2 {
            let mut codes = vec![(0, 0); counts.len()];
            for (code, symbol) in used.into_iter().enumerate() {
                codes[symbol] = (code, 1);
            }
            return Self(codes);
        }
        Self::of_lengths(&lengths(counts, longest))
    }

    /// The canonical codes of such lengths.
    fn of_lengths(lengths: &[u32]) -> Self {
        let mut codes = vec![(0, 0); lengths.len()];
        let mut next = 0usize;
        for bits in 1..=15 {
            next <<= 1;
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, length)| **length == bits) {
                codes[symbol] = (next.reverse_bits() >> (usize::BITS - bits), bits);
                next += 1;
            }
        }
        Self(codes)
    }

    fn size(&self, counts: &[usize]) -> usize {
        counts.iter().zip(&self.0).map(|(count, (_, bits))| count * *bits as usize).sum()
    }

    fn lengths(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|(_, bits)| *bits)
    }

    fn write(&self, symbol: usize, out: &mut BitWriter) {
        let (code, bits) = self.0[symbol];
        out.write(code, bits);
    }
}

/// The codes that every reader knows.
fn fixed() -> (Codes, Codes) {
    let length = |symbol| match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    };
    // The last two of 288 are never used, but have their codes.
    let literals = Codes::of_lengths(&(0..288).map(length).collect::<Vec<_>>());
    (literals, Codes::of_lengths(&[5; DISTANCES]))
}

/// How often each symbol is used.
struct Counts {
    literals: Vec<usize>,
    distances: Vec<usize>,
}

impl Counts {
    fn of(tokens: &[Token]) -> Self {
        let mut counts = Self { literals: vec![0; LITERALS], distances: vec![0; DISTANCES] };
        for token in tokens {
            match token {
                Token::Literal(byte) => counts.literals[usize::from(*byte)] += 1,
                Token::Match { length, distance } => {
                    counts.literals[LENGTHS + length_symbol(*length).0] += 1;
                    counts.distances[distance_symbol(*distance).0] += 1;
                }
            }
        }
        counts.literals[END] += 1;
        // There must be a code for distances, even where none is used.
        if counts.distances.iter().all(|count| *count == 0) {
            counts.distances[0] = 1;
        }
        counts
    }

    /// The bits that say which length or distance of a symbol's is meant.
    fn extra_bits(tokens: &[Token]) -> usize {
        let extra = |token: &Token| match token {
            Token::Literal(_) => 0,
            Token::Match { length, distance } => length_symbol(*length).2 + distance_symbol(*distance).2,
        };
        tokens.iter().map(|token| extra(token) as usize).sum()
    }
}

/// The codes of a block, written as lengths of codes, which are written as codes themselves.
struct Header {
    /// How many symbols of each alphabet have a length.
    literals: usize,
    distances: usize,
    /// The lengths and their repetitions: a symbol, and with how many bits which value follows.
    runs: Vec<(usize, usize, u32)>,
    codes: Codes,
    /// How many of the lengths' own lengths are written.
    written: usize,
}

impl Header {
    fn new(counts: &Counts, literal: &Codes, distance: &Codes) -> Self {
        let used = |counts: &[usize]| counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let (literals, distances) = (used(&counts.literals), used(&counts.distances));
        let lengths: Vec<u32> = literal.lengths().take(literals).chain(distance.lengths().take(distances)).collect();
        let runs = runs(&lengths);
        let mut counts = vec![0; ORDER.len()];
        for (symbol, ..) in &runs {
            counts[*symbol] += 1;
        }
        let codes = Codes::for_counts(&counts, 7);
        let last = ORDER.iter().rposition(|symbol| counts[*symbol] > 0);
        let written = last.map_or(4, |last| (last + 1).max(4));
        Self { literals, distances, runs, codes, written }
    }

    fn size(&self) -> usize {
        let bits = |(symbol, _, extra): &(usize, usize, u32)| (self.codes.0[*symbol].1 + extra) as usize;
        3 + 5 + 5 + 4 + 3 * self.written + self.runs.iter().map(bits).sum::<usize>()
    }

    fn write(&self, out: &mut BitWriter) {
        out.write(0b100, 3);
        out.write(self.literals - LENGTHS, 5);
        out.write(self.distances - 1, 5);
        out.write(self.written - 4, 4);
        for symbol in ORDER.iter().take(self.written) {
            out.write(self.codes.0[*symbol].1 as usize, 3);
        }
        for (symbol, value, bits) in &self.runs {
            self.codes.write(*symbol, out);
            out.write(*value, *bits);
        }
    }
}

/// Lengths as themselves (0 to 15), as a repetition of the one before (16), or as a row of zeros (17, 18).
fn runs(lengths: &[u32]) -> Vec<(usize, usize, u32)> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let length = run.first().copied().unwrap_or_default() as usize;
        let mut left = run.len();
        if length == 0 {
            while left >= 11 {
                let zeros = left.min(138);
                runs.push((18, zeros - 11, 7));
                left -= zeros;
            }
            if left >= 3 {
                runs.push((17, left - 3, 3));
                left = 0;
            }
        } else {
            runs.push((length, 0, 0));
            left -= 1;
            while left >= 3 {
                let times = left.min(6);
                runs.push((16, times - 3, 2));
                left -= times;
            }
        }
        runs.extend(std::iter::repeat_n((length, 0, 0), left));
    }
    runs
}

/// Writes a block that is not the last one. `original` is what the tokens stand for, while it is known.
pub(super) fn write_block(out: &mut BitWriter, tokens: &[Token], original: Option<&[u8]>) {
    let counts = Counts::of(tokens);
    let storable = original.filter(|bytes| bytes.len() <= MAX_STORED);
    // Without the bytes nothing has to be compared with them.
    let extra = if storable.is_some() { Counts::extra_bits(tokens) } else { 0 };
    let (fixed_literals, fixed_distances) = fixed();
    let own = (Codes::for_counts(&counts.literals, 15), Codes::for_counts(&counts.distances, 15));
    let header = Header::new(&counts, &own.0, &own.1);
    let with_fixed = 3 + fixed_literals.size(&counts.literals) + fixed_distances.size(&counts.distances) + extra;
    let with_own = header.size() + own.0.size(&counts.literals) + own.1.size(&counts.distances) + extra;
    if let Some(bytes) = storable.filter(|bytes| (bytes.len() + 5) * 8 < with_fixed.min(with_own)) {
        out.stored_header(bytes.len(), false);
        out.bytes.extend_from_slice(bytes);
        return;
    }
    let (literals, distances) = if with_own < with_fixed {
        header.write(out);
        own
    } else {
        out.write(0b010, 3);
        (fixed_literals, fixed_distances)
    };
    for token in tokens {
        match token {
            Token::Literal(byte) => literals.write(usize::from(*byte), out),
            Token::Match { length, distance } => {
                let (symbol, first, bits) = length_symbol(*length);
                literals.write(LENGTHS + symbol, out);
                out.write(length - first, bits);
                let (symbol, first, bits) = distance_symbol(*distance);
                distances.write(symbol, out);
                out.write(distance - first, bits);
            }
        }
    }
    literals.write(END, out);
}
