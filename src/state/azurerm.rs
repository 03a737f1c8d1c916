//! The state as a blob, by Terraform's own protocol, so that both tools can take turns on one container: an infinite
//! lease is the lock, with the lock's id as the lease's; who holds it stands in the blob's metadata under
//! `terraformlockid`, base64 of the JSON; every write names the lease and keeps the metadata.

mod journal;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::backend::{Backend, Held, LockFailure};
use super::journal::Mirror;
use super::lock::LockInfo;
use super::waiting::wait;
use crate::azure::blob::{Blob, Container, Metadata, Refusal};
use crate::diagnostic::Diagnostic;
use journal::JournalBlobs;

/// Where the lock's holder stands.
const LOCK: &str = "terraformlockid";

/// A state in a container.
pub struct AzurermBackend {
    place: Arc<Place>,
    journal: PathBuf,
}

/// One blob.
struct Place {
    container: Container,
    /// `container/key`, as Terraform calls it.
    label: String,
    name: String,
    /// The lease, while we hold it.
    lease: Mutex<Option<String>>,
}

struct Lease {
    place: Arc<Place>,
    id: String,
}

impl AzurermBackend {
    /// The state in the blob `name` of a container, called `label` in messages.
    pub fn new(container: Container, name: String, label: String, journal: PathBuf) -> Self {
        Self { place: Arc::new(Place { container, label, name, lease: Mutex::default() }), journal }
    }
}

/// The workspaces that have a state beside the blob `key` of a container, without the default one.
pub fn workspaces(container: &Container, key: &str) -> Result<Vec<String>, Diagnostic> {
    let prefix = format!("{key}env:");
    let listed = wait(container.list(&prefix))?.map_err(|refusal| {
        Diagnostic::error("Workspaces not known", format!("The container cannot be listed: {refusal}."))
    })?;
    Ok(listed.iter().filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect())
}

impl AzurermBackend {
    /// Removes the blob.
    pub fn remove(&self) -> Result<(), Diagnostic> {
        let removed = wait(self.place.container.remove(&self.place.name))?;
        removed.map_err(|e| self.place.failed("Workspace not deleted", "cannot be removed", &e))
    }
}

impl Place {
    fn lease(&self) -> Option<String> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_lease(&self, id: Option<&str>) {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = id.map(str::to_owned);
    }

    fn failed(&self, summary: &str, what: &str, refusal: &Refusal) -> Diagnostic {
        let hint = match (refusal.status, refusal.code.as_str()) {
            (_, "ContainerNotFound") => {
                " There is no such container; it must be made before the state can be kept in it."
            }
            (401 | 403, _) => {
                " The account that runs this needs the role Storage Blob Data Contributor on the container, or a key or \
                 signature that allows it."
            }
            (412, _) => " The lock was broken meanwhile: another run may be at work.",
            _ => "",
        };
        Diagnostic::error(summary, format!("The blob {} {what}: {refusal}.{hint}", self.label))
    }

    async fn try_lock(&self, info: &LockInfo) -> Result<(), LockFailure> {
        let failed = |refusal: &Refusal| {
            LockFailure::Failed(self.failed("Error acquiring the state lock", "cannot be locked", refusal))
        };
        let metadata = match self.container.metadata(&self.name).await.map_err(|e| failed(&e))? {
            Some(metadata) => metadata,
            None => {
                self.container.create(&self.name).await.map_err(|e| failed(&e))?;
                Metadata::new()
            }
        };
        match self.container.lease(&self.name, &info.id).await {
            Ok(()) => {}
            Err(refusal) if refusal.status == 409 => return Err(LockFailure::Taken(holder(&metadata))),
            Err(refusal) => return Err(failed(&refusal)),
        }
        let held = with_holder(metadata, Some(info));
        if let Err(refusal) = self.container.set_metadata(&self.name, &held, Some(&info.id)).await {
            // Nobody could tell whose lock it is: better none.
            let _ = self.container.release(&self.name, &info.id).await;
            return Err(failed(&refusal));
        }
        Ok(())
    }

    async fn unlock(&self, id: &str) -> Result<(), Refusal> {
        let metadata = self.container.metadata(&self.name).await?.unwrap_or_default();
        self.container.set_metadata(&self.name, &with_holder(metadata, None), Some(id)).await?;
        self.container.release(&self.name, id).await
    }

    async fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        let failed = |refusal: &Refusal| self.failed("Failed to unlock state", "cannot be unlocked", refusal);
        let refuse = |why: String| Diagnostic::error("Failed to unlock state", why);
        let metadata = self.container.metadata(&self.name).await.map_err(|e| failed(&e))?;
        let metadata = metadata.ok_or_else(|| refuse(format!("There is no blob {}.", self.label)))?;
        match holder(&metadata) {
            Some(info) if info.id == id => self.unlock(id).await.map_err(|e| failed(&e)),
            Some(info) => Err(refuse(format!("The lock's ID is {:?}, not {id:?}. Nothing was changed.", info.id))),
            // A run that ended between taking the lease and saying who holds it: the lease is all there is.
            None => self.container.break_lease(&self.name).await.map_err(|e| failed(&e)),
        }
    }
}

impl Backend for AzurermBackend {
    fn label(&self) -> String {
        self.place.label.clone()
    }

    fn read(&self) -> Result<Option<Vec<u8>>, Diagnostic> {
        let lease = self.place.lease();
        let read = wait(self.place.container.read(&self.place.name, lease.as_deref()))?;
        let blob = read.map_err(|e| self.place.failed("Unreadable state", "cannot be read", &e))?;
        Ok(blob.map(|blob| blob.bytes).filter(|bytes| !bytes.is_empty()))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Diagnostic> {
        let place = &self.place;
        let lease = place.lease();
        let write = async {
            let metadata = place.container.metadata(&place.name).await?.unwrap_or_default();
            let blob = Blob { bytes: bytes.to_vec(), metadata };
            place.container.write(&place.name, &blob, lease.as_deref()).await
        };
        wait(write)?.map_err(|e| place.failed("State not written", "could not be replaced", &e))
    }

    fn try_lock(&self, info: &LockInfo) -> Result<Box<dyn Held>, LockFailure> {
        wait(self.place.try_lock(info)).map_err(LockFailure::Failed)??;
        self.place.set_lease(Some(&info.id));
        Ok(Box::new(Lease { place: self.place.clone(), id: info.id.clone() }))
    }

    fn force_unlock(&self, id: &str) -> Result<(), Diagnostic> {
        wait(self.place.force_unlock(id))?
    }

    fn journal_path(&self) -> PathBuf {
        self.journal.clone()
    }

    fn mirror(&self) -> Option<Arc<dyn Mirror>> {
        Some(Arc::new(JournalBlobs::new(self.place.clone())))
    }
}

impl Lease {
    fn give_back(&self) -> Result<(), Diagnostic> {
        if self.place.lease().is_none() {
            return Ok(());
        }
        self.place.set_lease(None);
        wait(self.place.unlock(&self.id))?
            .map_err(|e| self.place.failed("Error releasing the state lock", "could not be unlocked", &e))
    }
}

impl Held for Lease {
    fn release(self: Box<Self>) -> Result<(), Diagnostic> {
        self.give_back()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // `release` tells of failures; here there is nobody left to tell.
        let _ = self.give_back();
    }
}

/// Who holds the lock, as far as it says.
fn holder(metadata: &Metadata) -> Option<LockInfo> {
    let text = metadata.get(LOCK).filter(|text| !text.is_empty())?;
    serde_json::from_slice(&BASE64_STANDARD.decode(text).ok()?).ok()
}

fn with_holder(mut metadata: Metadata, info: Option<&LockInfo>) -> Metadata {
    metadata.remove(LOCK);
    if let Some(json) = info.and_then(|info| serde_json::to_vec(info).ok()) {
        metadata.insert(LOCK.into(), BASE64_STANDARD.encode(json));
    }
    metadata
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_stands_in_the_metadata_and_all_else_stays() {
        let info = LockInfo::new("OperationTypeApply", "states/prod.tfstate");
        let before = Metadata::from([("owner".to_owned(), "team".to_owned())]);
        let held = with_holder(before.clone(), Some(&info));
        assert_eq!(holder(&held), Some(info));
        assert_eq!(with_holder(held, None), before);
        assert_eq!(holder(&before), None);
    }
}
