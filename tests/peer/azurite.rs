//! Azurite, started for the tests: fetched from the npm registry once, into the build's own folder.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::{found, skipped};

/// The account that Azurite has by itself, with its well-known key.
pub const ACCOUNT: &str = "devstoreaccount1";
pub const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const RELEASE: &str = "azurite@3.34.0";

/// An emulator at work.
pub struct Azurite {
    process: Child,
    /// `http://127.0.0.1:port/devstoreaccount1`
    pub endpoint: String,
    _folder: tempfile::TempDir,
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Azurite {
    /// Starts one, or says why there is none.
    pub fn start(what: &str) -> Option<Self> {
        let program = match installed() {
            Ok(program) => program,
            Err(why) => {
                skipped(what, &why);
                return None;
            }
        };
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new("node")
            .arg(program)
            .args([
                "--blobPort",
                "0",
                "--blobHost",
                "127.0.0.1",
                "--skipApiVersionCheck",
                "--inMemoryPersistence",
                "--disableTelemetry",
            ])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let (_, address) = line.split_once("successfully listens on ")?;
            Some(address.trim().to_owned())
        });
        // It goes on printing, and would end if nobody read that.
        std::thread::spawn(move || lines.for_each(drop));
        let address = address.expect("Azurite ended before it listened");
        Some(Self { process, endpoint: format!("{address}/{ACCOUNT}"), _folder: folder })
    }
}

/// Azurite's program, fetched when it is not there yet.
fn installed() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("azurite");
            let program = folder.join("node_modules/azurite/dist/src/blob/main.js");
            if program.is_file() {
                return Ok(program);
            }
            if found("npm").is_none() || found("node").is_none() {
                return Err("no npm and node on PATH".into());
            }
            std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
            let fetched = Command::new("npm")
                .args(["install", "--no-audit", "--no-fund", "--omit=optional", "--prefix"])
                .arg(&folder)
                .arg(RELEASE)
                .output();
            match fetched {
                Ok(output) if output.status.success() && program.is_file() => Ok(program),
                Ok(output) => Err(format!("npm cannot fetch it: {}", String::from_utf8_lossy(&output.stderr).trim())),
                Err(error) => Err(error.to_string()),
            }
        })
        .clone()
}
