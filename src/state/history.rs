//! The last versions of a state, each with who wrote it, when, during what, and what it changed. They lie beside the
//! journal, on the machine that wrote them; [`Store::restore`](super::Store::restore) brings one back as a new version.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::lock::who;
use super::{Instance, ObjectAddress, State};

/// How many versions are kept.
const KEPT: usize = 20;

/// One version of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its serial.
    pub serial: u64,
    /// The state it is a version of.
    pub lineage: String,
    /// `user@host`
    pub who: String,
    /// When it was written, RFC 3339.
    pub created: String,
    /// During what: `OperationTypeApply`, `state-rm`.
    pub operation: String,
    /// How many objects it has that the version before had not.
    pub added: usize,
    /// How many it records otherwise.
    pub changed: usize,
    /// How many it no longer has.
    pub removed: usize,
}

/// The versions of one state.
#[derive(Debug)]
pub(super) struct History {
    folder: PathBuf,
    disk: Disk,
}

impl Version {
    /// The version that follows `before`, written now by this process.
    pub(super) fn of(before: &State, after: &State, operation: &str) -> Self {
        let objects = |state: &'_ State| -> BTreeMap<ObjectAddress, _> {
            state.objects().map(|(address, _, instance)| (address, instance.clone())).collect()
        };
        let (old, new) = (objects(before), objects(after));
        let same = |a: &Instance, b: &Instance| {
            a.attributes.text() == b.attributes.text() && a.tainted == b.tainted && a.dependencies == b.dependencies
        };
        let both = new.iter().filter_map(|(address, now)| old.get(address).map(|then| (then, now)));
        let (mut kept, mut changed) = (0, 0);
        for (then, now) in both {
            kept += 1;
            changed += usize::from(!same(then, now));
        }
        Self {
            serial: after.serial,
            lineage: after.lineage.clone(),
            who: who(),
            created: jiff::Timestamp::now().to_string(),
            operation: operation.to_owned(),
            added: new.len() - kept,
            changed,
            removed: old.len() - kept,
        }
    }
}

impl History {
    /// The history beside a journal.
    pub(super) fn beside(journal: &Path, disk: &Disk) -> Self {
        Self { folder: journal.with_extension("history"), disk: disk.clone() }
    }

    /// Keeps a version, and forgets the oldest when there are too many. It is a convenience, not what saves the state
    /// from a loss of power: nothing waits for it to be durable.
    pub(super) fn keep(&self, version: &Version, bytes: &[u8]) -> io::Result<()> {
        let mut versions = self.versions()?;
        versions.retain(|earlier| earlier.serial != version.serial);
        versions.push(version.clone());
        let gone = versions.len().saturating_sub(KEPT);
        for old in versions.drain(..gone) {
            self.disk.remove(&self.file(old.serial))?;
        }
        self.disk.replace_soon(&self.file(version.serial), bytes)?;
        let lines: Vec<String> = versions.iter().filter_map(|v| serde_json::to_string(v).ok()).collect();
        self.disk.replace_soon(&self.index(), (lines.join("\n") + "\n").as_bytes())
    }

    /// The versions that are kept, oldest first. A line that cannot be read is left out.
    pub(super) fn versions(&self) -> io::Result<Vec<Version>> {
        let text = match fs::read_to_string(self.index()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read?,
        };
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// The bytes of a version.
    pub(super) fn read(&self, serial: u64) -> io::Result<Vec<u8>> {
        fs::read(self.file(serial))
    }

    /// Where a version lies.
    pub(super) fn file(&self, serial: u64) -> PathBuf {
        self.folder.join(format!("{serial}.tfstate"))
    }

    fn index(&self) -> PathBuf {
        self.folder.join("index.jsonl")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn version(serial: u64) -> Version {
        Version::of(&State::new(), &State { serial, lineage: "l".into(), ..State::new() }, "test")
    }

    #[test]
    fn the_last_versions_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::beside(&folder.path().join("journal.jsonl"), &Disk::default());
        for serial in 1..=25 {
            history.keep(&version(serial), serial.to_string().as_bytes()).unwrap();
        }
        let serials: Vec<u64> = history.versions().unwrap().iter().map(|v| v.serial).collect();
        assert_eq!(serials, (6..=25).collect::<Vec<_>>());
        assert_eq!(history.read(25).unwrap(), b"25");
        assert!(history.read(5).is_err());
    }
}
