//! One thing done to each of many, on as many threads as there are processors.

use std::num::NonZeroUsize;
use std::thread;

/// Fewer than these are done before another thread has begun.
const WORTHWHILE: usize = 128;
/// More threads than these only wait for memory.
const MOST: usize = 8;

/// What becomes of each, in the order of the things.
pub fn each<T: Sync, R: Send>(things: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST);
    if things.len() < WORTHWHILE || processors == 1 {
        return things.iter().map(each).collect();
    }
    let (own, others) = things.split_at(things.len().div_ceil(processors));
    let each = &each;
    thread::scope(|scope| {
        let begun: Vec<_> = others
            .chunks(own.len())
            .map(|part| {
                let work = move || part.iter().map(each).collect::<Vec<_>>();
                (part, thread::Builder::new().spawn_scoped(scope, work))
            })
            .collect();
        let mut done = Vec::with_capacity(things.len());
        done.extend(own.iter().map(each));
        for (part, thread) in begun {
            match thread {
                Ok(thread) => done.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
                // The system gives no more threads.
                Err(_) => done.extend(part.iter().map(each)),
            }
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order() {
        for count in [0, 1, WORTHWHILE - 1, WORTHWHILE, 1_001] {
            let things: Vec<usize> = (0..count).collect();
            assert_eq!(each(&things, |n| n * 2), things.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }
}
