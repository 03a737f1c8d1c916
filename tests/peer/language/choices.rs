//! Decisions taken from a list of numbers: whatever shortens the list or lowers a number makes for something plainer,
//! which is how proptest finds the smallest expression with a fault.

/// The decisions that are left.
#[derive(Debug)]
pub struct Choices<'a> {
    numbers: &'a [u16],
}

impl<'a> Choices<'a> {
    pub fn new(numbers: &'a [u16]) -> Self {
        Self { numbers }
    }

    /// A number below `end`; the list's end chooses 0 from then on.
    pub fn below(&mut self, end: usize) -> usize {
        let Some((first, rest)) = self.numbers.split_first() else { return 0 };
        self.numbers = rest;
        usize::from(*first) % end.max(1)
    }

    /// True once in `times`, and never at the end of the list.
    pub fn once_in(&mut self, times: usize) -> bool {
        !self.numbers.is_empty() && self.below(times) == times - 1
    }

    /// One of several; the first is the plainest.
    pub fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}
