//! Lengths of Huffman codes of which none is longer than so many bits, by the package-merge method.

/// The length for each symbol; 0 for those that are not used. At least three are.
///
/// A code of length `l` costs what its symbol counts on each of `l` levels. On each level symbols and pairs of what
/// the level below has are put in order; pairs come before symbols that count as much. The cheapest `2n - 2` of the
/// top level, with all that is in their pairs, say how long each code is.
pub(super) fn lengths(counts: &[usize], longest: u32) -> Vec<u32> {
    let mut symbols: Vec<usize> = (0..counts.len()).filter(|symbol| counts[*symbol] > 0).collect();
    symbols.sort_by_key(|symbol| (counts[*symbol], *symbol));
    let weights: Vec<usize> = symbols.iter().map(|symbol| counts[*symbol]).collect();
    let most = (longest as usize).min(weights.len().saturating_sub(1));
    let mut levels: Vec<Vec<(usize, bool)>> = Vec::with_capacity(most);
    for _ in 0..most {
        let below = levels.last().map(Vec::as_slice).unwrap_or_default();
        let pairs: Vec<usize> = below.chunks_exact(2).map(|pair| pair.iter().map(|(weight, _)| weight).sum()).collect();
        levels.push(merged(&weights, &pairs));
    }
    let mut lengths = vec![0; counts.len()];
    let mut taken = (2 * weights.len()).saturating_sub(2);
    for level in levels.iter().rev() {
        let own = level.iter().take(taken).filter(|(_, is_symbol)| *is_symbol).count();
        symbols.iter().take(own).for_each(|symbol| lengths[*symbol] += 1);
        taken = 2 * (taken - own);
    }
    lengths
}

/// Symbols and pairs in order, each with whether it is a symbol.
fn merged(symbols: &[usize], pairs: &[usize]) -> Vec<(usize, bool)> {
    let mut merged = Vec::with_capacity(symbols.len() + pairs.len());
    let (mut symbols, mut pairs) = (symbols.iter().peekable(), pairs.iter().peekable());
    loop {
        let symbol_is_next = match (symbols.peek(), pairs.peek()) {
            (Some(symbol), Some(pair)) => symbol < pair,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return merged,
        };
        let next = if symbol_is_next { symbols.next() } else { pairs.next() };
        merged.extend(next.map(|weight| (*weight, symbol_is_next)));
    }
}
