//! The world file: one JSON line for each change, appended as it is made, so that a killed process loses nothing
//! and a write costs the same however large the world is. It is written anew, shortest form, at each start.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::simulator::Error;
use crate::simulator::clock::Moment;
use crate::simulator::world::{Change, World};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    /// When, so that time goes on where it stopped.
    at: Moment,
    change: Change,
}

/// An open world file.
#[derive(Debug)]
pub(super) struct Record {
    file: File,
    /// Held for as long as the record is open.
    _lock: File,
}

impl Record {
    /// Opens or makes the file and gives the world that it holds and the moment of its last change.
    pub fn open(path: &Path) -> Result<(Self, World, Moment), Error> {
        let failed = |source| Error::World { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let lock = lock(path)?;
        let (world, at) = load(path)?;
        let file = rewrite(path, &world, at).map_err(failed)?;
        Ok((Self { file, _lock: lock }, world, at))
    }

    /// Appends changes.
    pub fn append(&mut self, at: Moment, changes: Vec<Change>) -> io::Result<()> {
        let mut text = Vec::new();
        for change in changes {
            serde_json::to_writer(&mut text, &Line { at, change })?;
            text.push(b'\n');
        }
        // One write without a flush to the disk: enough to outlive the process, and cheap.
        self.file.write_all(&text)
    }
}

/// Takes the lock beside the world file, which outlives its being written anew.
fn lock(path: &Path) -> Result<File, Error> {
    let beside = path.with_extension("lock");
    let failed = |source| Error::World { path: beside.clone(), source };
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&beside).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Reads all lines. A last line that was cut short by a crash is dropped; any other that cannot be read is an error.
fn load(path: &Path) -> Result<(World, Moment), Error> {
    let mut world = World::default();
    let mut at = 0;
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((world, at)),
        Err(source) => return Err(Error::World { path: path.to_owned(), source }),
    };
    let mut lines = BufReader::new(file).split(b'\n').enumerate().peekable();
    while let Some((number, line)) = lines.next() {
        let line = line.map_err(|source| Error::World { path: path.to_owned(), source })?;
        match serde_json::from_slice::<Line>(&line) {
            Ok(line) => {
                at = at.max(line.at);
                world.replay(line.change);
            }
            Err(_) if lines.peek().is_none() => break,
            Err(source) => return Err(Error::Damaged { path: path.to_owned(), line: number + 1, source }),
        }
    }
    Ok((world, at))
}

/// Writes the shortest form beside the file and puts it in its place.
fn rewrite(path: &Path, world: &World, at: Moment) -> io::Result<File> {
    let beside: PathBuf = path.with_extension("new");
    let mut writer = BufWriter::new(File::create(&beside)?);
    for change in world.summary() {
        serde_json::to_writer(&mut writer, &Line { at, change })?;
        writer.write_all(b"\n")?;
    }
    writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    std::fs::rename(&beside, path)?;
    OpenOptions::new().append(true).open(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::simulator::target::Key;
    use crate::simulator::world::Resource;

    fn resource(name: &str) -> Change {
        let id = format!("/subscriptions/s/resourceGroups/{name}");
        let body = json!({"location": "westeurope", "number": 1.5});
        Change::Put(Box::new(Resource::new(id, "Microsoft.Resources/resourceGroups", body, 0)))
    }

    #[test]
    fn what_was_appended_is_there_again_but_for_a_cut_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/world.jsonl");
        let (mut record, world, at) = Record::open(&path).unwrap();
        assert_eq!((world.len(), at), (0, 0));
        record
            .append(7, vec![resource("a"), resource("b"), Change::Remove(Key::of("/subscriptions/S/resourceGroups/A"))])
            .unwrap();
        record.file.write_all(b"{\"at\":9,\"chan").unwrap();
        drop(record);
        let (_record, world, at) = Record::open(&path).unwrap();
        assert_eq!((world.len(), at), (1, 7));
        assert_eq!(world.burials(&Key::of("/subscriptions/s/resourcegroups/a")), 1);
    }

    #[test]
    fn damage_in_the_middle_is_told_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.jsonl");
        std::fs::write(&path, "{\"at\":1,\"change\":{\"departed\":\"x\"}}\nnonsense\n{}\n").unwrap();
        assert!(matches!(Record::open(&path), Err(Error::Damaged { line: 2, .. })));
    }

    #[test]
    fn two_simulators_cannot_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("world.jsonl");
        let _first = Record::open(&path).unwrap();
        assert!(matches!(Record::open(&path), Err(Error::InUse { .. })));
    }
}
