//! What the benches share: running a program and watching what it takes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one run of a program took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Run {
    /// From start to end.
    pub wall: Duration,
    /// User and system time of the process itself.
    pub cpu: Duration,
    /// The most memory it held at once, in KiB.
    pub peak_kib: u64,
}

/// Runs a program to its end and watches it through `/proc`. Ends the bench when the program fails.
pub fn run(program: &Path, arguments: &[&str], folder: &Path, success: &[i32]) -> Run {
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .env("TF_CLI_CONFIG_FILE", "/dev/null")
        .env("CHECKPOINT_DISABLE", "1")
        .spawn()
        .unwrap_or_else(|error| fail(&format!("{} cannot be started: {error}", program.display())));
    let mut seen = Run::default();
    let status = loop {
        observe(child.id(), &mut seen);
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => std::thread::sleep(Duration::from_micros(500)),
            Err(error) => fail(&format!("waiting failed: {error}")),
        }
    };
    seen.wall = started.elapsed();
    if !status.code().is_some_and(|code| success.contains(&code)) {
        let mut text = String::new();
        if let Some(mut stderr) = child.stderr.take() {
            let _ = std::io::Read::read_to_string(&mut stderr, &mut text);
        }
        fail(&format!("{} {arguments:?} ended with {status}:\n{text}", program.display()));
    }
    seen
}

/// The median of several runs, by wall time.
pub fn median(runs: usize, mut one: impl FnMut() -> Run) -> Run {
    let mut all: Vec<Run> = (0..runs).map(|_| one()).collect();
    all.sort_by_key(|run| run.wall);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

fn observe(pid: u32, seen: &mut Run) {
    if let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|p| p.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0);
        seen.peak_kib = seen.peak_kib.max(kib);
    }
    if let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) {
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok()).unwrap_or(0);
        // Linux counts these in hundredths of a second on every common platform.
        let cpu = Duration::from_millis(10 * (ticks(11) + ticks(12)));
        seen.cpu = seen.cpu.max(cpu);
    }
}

/// Says why a bench cannot go on, and ends it.
pub fn fail(why: &str) -> ! {
    eprintln!("bench: {why}");
    std::process::exit(1)
}
