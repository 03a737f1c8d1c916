//! The journal beside the state's blob: an append blob `bowline-journal/NAME/00000001`. Replacing it makes the next number
//! and then removes the earlier one, so that at each moment one of them is whole.

use std::sync::{Arc, Mutex, PoisonError};

use super::Place;
use crate::azure::blob::Refusal;
use crate::diagnostic::Diagnostic;
use crate::state::journal::Mirror;
use crate::state::waiting::wait;

/// The journal of one state.
pub(super) struct JournalBlobs {
    place: Arc<Place>,
    /// The blob that is written, and how long it is.
    current: Mutex<Option<(String, u64)>>,
}

impl JournalBlobs {
    pub(super) fn new(place: Arc<Place>) -> Self {
        Self { place, current: Mutex::default() }
    }

    fn prefix(&self) -> String {
        format!("bowline-journal/{}/", self.place.name)
    }

    fn current(&self) -> Option<(String, u64)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_current(&self, current: Option<(String, u64)>) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = current;
    }

    /// The blobs that there are, oldest first.
    async fn names(&self) -> Result<Vec<String>, Refusal> {
        let mut names = self.place.container.list(&self.prefix()).await?;
        names.sort();
        Ok(names)
    }

    /// The newest that has anything in it.
    async fn newest(&self) -> Result<Option<(String, Vec<u8>)>, Refusal> {
        for name in self.names().await?.into_iter().rev() {
            if let Some(blob) = self.place.container.read(&name, None).await?.filter(|blob| !blob.bytes.is_empty()) {
                return Ok(Some((name, blob.bytes)));
            }
        }
        Ok(None)
    }

    async fn begin(&self, bytes: &[u8]) -> Result<(), Refusal> {
        let earlier = self.names().await?;
        let number = |name: &String| name.rsplit('/').next().and_then(|number| number.parse::<u64>().ok());
        let next = earlier.iter().filter_map(number).max().unwrap_or_default() + 1;
        let name = format!("{}{next:08}", self.prefix());
        self.place.container.create_appendable(&name).await?;
        self.add(&name, 0, bytes).await?;
        for name in earlier {
            self.place.container.remove(&name).await?;
        }
        self.set_current(Some((name, bytes.len() as u64)));
        Ok(())
    }

    /// Adds at a position. One that is taken by just these bytes was an earlier try, whose answer was lost.
    async fn add(&self, name: &str, at: u64, bytes: &[u8]) -> Result<(), Refusal> {
        match self.place.container.append(name, at, bytes).await {
            Err(refusal) if refusal.status == 412 => {
                let blob = self.place.container.read(name, None).await?;
                let start = usize::try_from(at).unwrap_or(usize::MAX);
                let is_ours = blob.is_some_and(|blob| blob.bytes.get(start..) == Some(bytes));
                if is_ours { Ok(()) } else { Err(refusal) }
            }
            added => added,
        }
    }

    async fn go_on(&self, bytes: &[u8]) -> Result<(), Refusal> {
        let current = match self.current() {
            Some(current) => Some(current),
            None => self.newest().await?.map(|(name, bytes)| (name, bytes.len() as u64)),
        };
        let Some((name, length)) = current else { return self.begin(bytes).await };
        match self.add(&name, length, bytes).await {
            // An append blob has 50,000 blocks at most: the next one begins with what this one has.
            Err(refusal) if refusal.code == "BlockCountExceedsLimit" => {
                let blob = self.place.container.read(&name, None).await?;
                self.begin(&[&blob.map(|blob| blob.bytes).unwrap_or_default(), bytes].concat()).await
            }
            added => {
                added?;
                self.set_current(Some((name, length + bytes.len() as u64)));
                Ok(())
            }
        }
    }

    async fn clear(&self) -> Result<(), Refusal> {
        // Oldest first: what is left by a crash is the newest.
        for name in self.names().await? {
            self.place.container.remove(&name).await?;
        }
        self.set_current(None);
        Ok(())
    }

    fn failed(&self, refusal: &Refusal) -> Diagnostic {
        let mut problem =
            self.place.failed("Remote journal not reached", "has a journal that cannot be reached", refusal);
        problem.detail.push_str(" BOWLINE_REMOTE_JOURNAL=false keeps the journal on this machine only.");
        problem
    }
}

impl Mirror for JournalBlobs {
    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        let newest = wait(self.newest())?.map_err(|e| self.failed(&e))?;
        Ok(newest.map(|(_, bytes)| bytes))
    }

    fn replace(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        wait(self.begin(bytes))?.map_err(|e| self.failed(&e))
    }

    fn append(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        wait(self.go_on(bytes))?.map_err(|e| self.failed(&e))
    }

    fn remove(&self) -> Result<(), Diagnostic> {
        wait(self.clear())?.map_err(|e| self.failed(&e))
    }
}
