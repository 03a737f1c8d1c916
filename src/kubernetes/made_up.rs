//! Names that begin as `generate_name` says. They are made up here and not by the cluster: an object that the cluster has
//! named could not be found again when the answer to its creation is lost, and would be made twice.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// What generated names end with: no vowels and nothing that looks like them, so that no words come about, as with
/// Kubernetes.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// How many letters of these.
const LENGTH: usize = 5;
/// How long a generated name may be (Kubernetes keeps to what a label takes).
const LONGEST: usize = 63;

/// Where names come from.
#[derive(Debug)]
pub(super) enum MadeUp {
    /// The system's chance.
    Real,
    /// The object that asks, so that simulated runs are all the same; how often each has asked.
    Simulated(Mutex<HashMap<String, u64>>),
}

impl MadeUp {
    pub fn new(simulated: bool) -> Self {
        if simulated { Self::Simulated(Mutex::default()) } else { Self::Real }
    }

    /// A name that begins like this. `place` tells for what: kind and namespace.
    pub fn name(&self, place: &str, stem: &str) -> String {
        let kept: String = stem.chars().take(LONGEST - LENGTH).collect();
        match self {
            Self::Real => kept + &letters(&mut StdRng::from_os_rng()),
            Self::Simulated(asked) => {
                let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
                let object = format!("{place} {stem}");
                let times = asked.entry(object.clone()).or_default();
                *times += 1;
                let seed: [u8; 32] = Sha256::digest(format!("{object} {times}")).into();
                kept + &letters(&mut StdRng::from_seed(seed))
            }
        }
    }
}

fn letters(dice: &mut impl Rng) -> String {
    (0..LENGTH).filter_map(|_| LETTERS.choose(dice)).map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_as_told_and_are_others_each_time() {
        for made_up in [MadeUp::new(true), MadeUp::new(false)] {
            let names = [made_up.name("secrets shop", "key-"), made_up.name("secrets shop", "key-")];
            assert!(names.iter().all(|name| name.starts_with("key-") && name.len() == 9), "{names:?}");
            assert_ne!(names[0], names[1]);
            assert_eq!(made_up.name("secrets shop", &"x".repeat(200)).len(), LONGEST);
        }
        let first = |made_up: &MadeUp| made_up.name("namespaces", "tmp-");
        assert_eq!(first(&MadeUp::new(true)), first(&MadeUp::new(true)));
    }
}
