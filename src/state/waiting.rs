//! Waiting for a remote place from code that is not asynchronous itself.

use std::sync::OnceLock;

use tokio::runtime::Runtime;

use crate::diagnostic::Diagnostic;

/// Waits for a call from wherever we are: connections live in one runtime for the whole process, and a thread of its own
/// may wait for it also while another runtime is at work.
pub(super) fn wait<T: Send>(call: impl Future<Output = T> + Send) -> Result<T, Diagnostic> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let failed = |why: String| Diagnostic::error("State not reached", why);
    if RUNTIME.get().is_none() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        // Whoever was first has set it.
        let _ = RUNTIME.set(runtime.map_err(|e| failed(format!("The system refused to start a thread: {e}.")))?);
    }
    let runtime = RUNTIME.get().ok_or_else(|| failed("There is no thread to wait in.".into()))?;
    let waited = std::thread::scope(|scope| scope.spawn(|| runtime.block_on(call)).join());
    waited.map_err(|_| failed("The call to the remote place ended unexpectedly.".into()))
}
