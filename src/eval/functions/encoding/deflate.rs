//! Deflate (RFC 1951) as Go's writer packs: the same matches in the same blocks, so that a packed text that is kept in
//! a state does not change with the program that packs it.

use super::huffman::{BitWriter, Token, write_block};

/// How far back a match may be.
const WINDOW: usize = 1 << 15;
/// The shortest match that is made, and the longest that there is.
const MIN_MATCH: usize = 4;
const MAX_MATCH: usize = 258;
/// With so few bytes ahead more of them are looked for first.
const MARGIN: usize = MIN_MATCH + MAX_MATCH;
/// A block has at most so many tokens.
const MAX_TOKENS: usize = 1 << 14;
const HASH_BITS: u32 = 17;
/// With a match that is as good as this no better one is looked for at the next byte.
const LAZY: usize = 16;
/// A match that is as good as this ends the search.
const NICE: usize = 128;
/// So many places are looked at.
const TRIES: usize = 128;
/// A match of the shortest kind may not be farther away than this.
const NEAR: usize = 4096;

/// The data, packed and flushed to a whole byte.
pub(super) fn deflate(data: &[u8]) -> Vec<u8> {
    let mut packer = Packer {
        data,
        at: 0,
        start: 0,
        heads: vec![None; 1 << HASH_BITS],
        previous: vec![None; WINDOW],
        chain: None,
        held: None,
        pending: false,
        tokens: Vec::new(),
        block: Some(0),
        out: BitWriter::default(),
    };
    let mut filled = data.len().min(2 * WINDOW);
    while filled < data.len() {
        packer.run(filled, false);
        packer.shift();
        filled = data.len().min(packer.start + 2 * WINDOW);
    }
    packer.run(filled, true);
    packer.out.stored_header(0, false);
    packer.out.finish()
}

/// A repetition of what was before.
#[derive(Clone, Copy)]
struct Match {
    length: usize,
    distance: usize,
}

struct Packer<'a> {
    data: &'a [u8],
    /// The next byte.
    at: usize,
    /// Where the window of two times its size starts.
    start: usize,
    /// Where each hash was seen last, and where before.
    heads: Vec<Option<usize>>,
    previous: Vec<Option<usize>>,
    /// Where the search for a match begins.
    chain: Option<usize>,
    /// The match found at the byte before, which a better one at this byte would replace.
    held: Option<Match>,
    /// Whether the byte before is still to be written.
    pending: bool,
    tokens: Vec<Token>,
    /// Where the block begins, while that is in the window.
    block: Option<usize>,
    out: BitWriter,
}

impl Packer<'_> {
    /// Makes tokens of the data up to `end`, or up to shortly before it when there is more.
    fn run(&mut self, end: usize, last: bool) {
        loop {
            let ahead = end - self.at;
            if ahead < MARGIN && !last {
                return;
            }
            if ahead == 0 {
                break;
            }
            self.remember(end);
            let before = self.held.take();
            let found = self.search(before, ahead);
            match before.filter(|before| found.is_none_or(|found| found.length <= before.length)) {
                Some(before) => self.take(before, end),
                None => {
                    self.held = found;
                    if self.pending {
                        self.tokens.push(Token::Literal(self.data[self.at - 1]));
                        if self.tokens.len() == MAX_TOKENS {
                            self.end_block(self.at);
                        }
                    }
                    self.at += 1;
                    self.pending = true;
                }
            }
        }
        if std::mem::take(&mut self.pending) {
            self.tokens.push(Token::Literal(self.data[self.at - 1]));
        }
        if !self.tokens.is_empty() {
            self.end_block(self.at);
        }
    }

    /// Forgets the older half of a full window.
    fn shift(&mut self) {
        if self.at - self.start < 2 * WINDOW - MARGIN {
            return;
        }
        self.start += WINDOW;
        self.block = self.block.filter(|block| *block >= self.start);
    }

    /// Enters the next four bytes under their hash.
    fn remember(&mut self, end: usize) {
        if self.at + MIN_MATCH > end {
            return;
        }
        let Some(bytes) = self.data.get(self.at..self.at + MIN_MATCH).and_then(|four| four.try_into().ok()) else {
            return;
        };
        let hash = u32::from_be_bytes(bytes).wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS);
        let head = &mut self.heads[hash as usize];
        self.chain = *head;
        self.previous[self.at % WINDOW] = *head;
        *head = Some(self.at);
    }

    /// The longest match at this byte, unless the one before is so good that none is looked for.
    fn search(&self, before: Option<Match>, ahead: usize) -> Option<Match> {
        let length_before = before.map_or(MIN_MATCH - 1, |before| before.length);
        let nearest = self.at.saturating_sub(WINDOW).max(self.start);
        let mut place = self.chain.filter(|place| *place >= nearest)?;
        if ahead <= length_before || length_before >= LAZY {
            return None;
        }
        let longest = ahead.min(MAX_MATCH);
        let enough = longest.min(NICE);
        let here = &self.data[self.at..self.at + longest];
        let mut length = MIN_MATCH - 1;
        let mut found = None;
        for _ in 0..TRIES {
            let there = &self.data[place..place + longest];
            if there[length] == here[length] {
                let same = there.iter().zip(here).take_while(|(a, b)| a == b).count();
                let distance = self.at - place;
                if same > length && (same > MIN_MATCH || distance <= NEAR) {
                    length = same;
                    found = Some(Match { length, distance });
                    if same >= enough {
                        break;
                    }
                }
            }
            if place + WINDOW == self.at {
                break;
            }
            match self.previous[place % WINDOW] {
                Some(earlier) if earlier + WINDOW >= self.at && earlier >= self.start => place = earlier,
                _ => break,
            }
        }
        found
    }

    /// Writes the match found at the byte before, and enters what it covers.
    fn take(&mut self, found: Match, end: usize) {
        self.tokens.push(Token::Match { length: found.length, distance: found.distance });
        let after = self.at + found.length - 1;
        self.at += 1;
        let chain = self.chain;
        while self.at < after {
            self.remember(end);
            self.at += 1;
        }
        // What is entered on the way is no beginning of a search.
        self.chain = chain;
        self.pending = false;
        if self.tokens.len() == MAX_TOKENS {
            self.end_block(self.at);
        }
    }

    fn end_block(&mut self, at: usize) {
        let original = self.block.filter(|block| *block <= at).map(|block| &self.data[block..at]);
        self.block = Some(at);
        write_block(&mut self.out, &self.tokens, original);
        self.tokens.clear();
    }
}
