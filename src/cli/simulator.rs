//! `bowline simulator`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::Exit;
use super::invocation::{Invocation, runtime};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::simulator::{self, Clock, Faults, Options};

/// Serve a simulated Azure on loopback until it is interrupted
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4711)]
    port: u16,
    /// Keep the world in this file from one start to the next
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// What ids and chances follow from
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Speak TLS, with a certificate made for this run
    #[arg(long)]
    tls: bool,
    /// Write the certificate that clients have to trust to this file, in PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca: Option<PathBuf>,
    /// Begin with the faults in this file (see docs/simulator.md)
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Keep the wall clock, and Azure's waits, instead of a clock that moves on with each request
    #[arg(long)]
    real_time: bool,
}

/// Serves until Ctrl-C.
pub fn run(arguments: &Arguments, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let faults = arguments.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    let clock = if arguments.real_time { Clock::Real { speed: 1 } } else { Clock::Virtual };
    let options = Options {
        address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), arguments.port),
        world: arguments.world.clone(),
        seed: arguments.seed,
        tls: arguments.tls,
        clock,
        faults,
    };
    runtime()?.block_on(async {
        let running = simulator::start(options).await.map_err(|error| not_started(&error))?;
        if let (Some(file), Some(authority)) = (&arguments.ca, running.authority()) {
            std::fs::write(file, authority).map_err(|error| not_written(file, &error))?;
        }
        invocation.print_line(&format!(
            "Azure is simulated at {}. Resource Manager answers there, tokens at the same address.\nStop it with Ctrl-C.",
            running.url()
        ));
        // Without a signal handler Ctrl-C ends the process at once, which the world file survives too.
        let _ = tokio::signal::ctrl_c().await;
        running.shutdown().await;
        Ok(Exit::Success)
    })
}

fn read_faults(file: &Path) -> Result<Faults, Diagnostic> {
    let refused = |reason: String| {
        Diagnostic::error("Unusable faults", format!("The file {} holds no faults: {reason}.", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| refused(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| refused(error.to_string()))
}

fn not_written(file: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Certificate not written", format!("{} cannot be written: {error}.", file.display()))
}

/// Why there is no simulator, for the user.
pub fn not_started(error: &simulator::Error) -> Diagnostic {
    Diagnostic::error("Simulator not started", format!("{error}."))
}
