//! What the benches share: running a program and watching what it takes.

#![allow(dead_code)] // Each bench takes what it needs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
    /// It was ended because it took longer than [`PATIENCE`]: it would have taken more than this.
    pub cut_short: bool,
}

/// How long a run is waited for. What takes longer is ended, and its time is a lower bound.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Runs a program to its end, or for as long as [`PATIENCE`] lasts, and watches it through `/proc`. Ends the bench
/// when the program fails.
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
        seen.wall = started.elapsed();
        if seen.wall > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return Run { cut_short: true, ..seen };
        }
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

/// A simulator in a process of its own, so that its time is not counted as the engine's. It ends with this value.
pub struct Simulator {
    process: Child,
    address: String,
}

impl Simulator {
    /// Starts one whose world is kept in that file.
    pub fn start(bowline: &Path, world: &Path) -> Self {
        let mut process = Command::new(bowline)
            .args(["simulator", "-port", "0", "-world"])
            .arg(world)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| fail(&format!("the simulator cannot be started: {error}")));
        let mut first = String::new();
        if let Some(stdout) = process.stdout.as_mut() {
            let _ = BufReader::new(stdout).read_line(&mut first);
        }
        let address = first.split("http://").nth(1).unwrap_or_default();
        let end = address.find(|c: char| !matches!(c, '0'..='9' | '.' | ':')).unwrap_or(address.len());
        let address = address[..end].trim_end_matches(['.', ':']).to_owned();
        if address.is_empty() {
            fail("the simulator did not say where it listens");
        }
        Self { process, address }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Counts from zero.
    pub fn forget_requests(&self) {
        self.ask("DELETE", "requests");
    }

    /// The time there, since its clock began.
    pub fn now(&self) -> Duration {
        let told = body(&self.ask("GET", "clock"));
        Duration::from_millis(told["milliseconds"].as_u64().unwrap_or_else(|| fail("the simulator tells no time")))
    }

    /// How many requests there were, by method and kind.
    pub fn requests(&self) -> BTreeMap<(String, String), u64> {
        let body = body(&self.ask("GET", "requests"));
        let text = |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        let entries = body["value"].as_array().cloned().unwrap_or_default();
        entries.iter().map(|e| ((text(e, "method"), text(e, "kind")), e["count"].as_u64().unwrap_or(0))).collect()
    }

    fn ask(&self, method: &str, what: &str) -> String {
        let asked = TcpStream::connect(&self.address).and_then(|mut stream| {
            write!(
                stream,
                "{method} /simulator/{what} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                self.address
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        });
        asked.unwrap_or_else(|error| fail(&format!("the simulator does not answer: {error}")))
    }
}

fn body(answer: &str) -> serde_json::Value {
    let body = answer.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok());
    body.unwrap_or_else(|| fail(&format!("the simulator answered: {answer}")))
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
