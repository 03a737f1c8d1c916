//! `bowline simulator`

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::Exit;
use super::invocation::{Invocation, runtime};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::simulator::{self, Options};

/// Serve a simulated Azure on loopback until it is interrupted
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 4711)]
    port: u16,
    /// Keep the world in this file from one start to the next
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,
    /// What ids follow from
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Serves until Ctrl-C.
pub fn run(arguments: &Arguments, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let options = Options {
        address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), arguments.port),
        world: arguments.world.clone(),
        seed: arguments.seed,
        ..Options::default()
    };
    runtime()?.block_on(async {
        let running = simulator::start(options).await.map_err(|error| not_started(&error))?;
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

/// Why there is no simulator, for the user.
pub fn not_started(error: &simulator::Error) -> Diagnostic {
    Diagnostic::error("Simulator not started", format!("{error}."))
}
