//! Ctrl-C and SIGTERM. The first one ends what changes nothing at once, and lets an apply finish what runs; the second
//! one ends an apply at once too: its journal knows what was begun.

use tokio::sync::watch;

use crate::apply::Stop;
use crate::diagnostic::Diagnostic;

/// Hears of interrupts from its making on. Before, and when it is gone, an interrupt ends the process.
pub struct Interrupts {
    count: watch::Receiver<usize>,
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Interrupts {
    /// Listens, in the present runtime.
    pub fn listen() -> Self {
        let (told, count) = watch::channel(0);
        let listener = tokio::spawn(async move {
            // Without a way to hear of signals an interrupt ends the process, as ever.
            if let Some(mut signals) = Signals::new() {
                loop {
                    signals.next().await;
                    told.send_modify(|count| *count += 1);
                }
            }
        });
        Self { count, listener }
    }

    /// The outcome of something that changes nothing, unless an interrupt comes first.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Diagnostic> {
        let mut count = self.count.clone();
        tokio::select! {
            outcome = work => Ok(outcome),
            () = asked(&mut count, 1) => {
                Err(Diagnostic::error("Interrupted", "The run was interrupted before anything was changed."))
            }
        }
    }

    /// The outcome of an apply: the first interrupt is passed on, the second one ends the process.
    pub async fn passed_on<T>(&self, stop: &Stop, work: impl Future<Output = T>) -> T {
        let mut count = self.count.clone();
        let listen = async {
            asked(&mut count, 1).await;
            stop.request();
            eprintln!(
                "\nStopping: what runs is finished and recorded, nothing more is begun. Interrupt again to stop at once."
            );
            asked(&mut count, 2).await;
            eprintln!("\nStopped at once. The journal knows what was begun; the next plan settles it.");
            std::process::exit(1)
        };
        tokio::select! {
            outcome = work => outcome,
            never = listen => never,
        }
    }
}

impl Interrupts {
    /// The outcome of tests: after the first interrupt no further run is begun, and what was made is destroyed; the
    /// second one ends the process, and tells what `left` says there is.
    pub async fn during_tests<T>(&self, stop: &Stop, left: impl Fn() -> String, work: impl Future<Output = T>) -> T {
        let mut count = self.count.clone();
        let listen = async {
            asked(&mut count, 1).await;
            stop.request();
            eprintln!(
                "\nInterrupt received.\nPlease wait for Bowline to exit or data loss may occur.\nGracefully shutting \
                 down...\n"
            );
            asked(&mut count, 2).await;
            eprintln!(
                "\nTwo interrupts received. Exiting immediately. Note that data loss may have occurred.\n{}",
                left()
            );
            std::process::exit(1)
        };
        tokio::select! {
            outcome = work => outcome,
            never = listen => never,
        }
    }
}

/// Returns once there were so many interrupts.
async fn asked(count: &mut watch::Receiver<usize>, times: usize) {
    if count.wait_for(|count| *count >= times).await.is_err() {
        // Nobody listens any more.
        std::future::pending::<()>().await;
    }
}

/// Both signals, heard from now on without a gap.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Option<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = |kind| signal(kind).ok();
        Some(Self { interrupt: heard(SignalKind::interrupt())?, terminate: heard(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> Option<Self> {
        tokio::signal::windows::ctrl_c().ok().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
