//! Bowline beside programs that it shares states with: the real Terraform, when it is installed, and Azurite, Microsoft's
//! emulator of Azure Blob Storage, when npm can fetch it; the simulator before az, the Azure SDK for Python and the
//! Kubernetes client for it, when pip can fetch them, and before kubectl, when it is installed; and beside programs that read what it
//! writes: checkov, a Rego engine and linters, from the Python registry, and Chromium, when it is installed.
//! What is missing is said loudly, and its tests count as passed:
//! a machine without them can still run everything else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

mod az;
mod azure_sdk;
mod azurite;
mod blob;
mod checkov;
mod chromium;
mod http;
mod kubectl;
mod linters;
mod postgres;
mod python;
mod rego;
mod remote;
mod service;
mod terraform;
mod testing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder in which both programs work.
pub struct Place {
    folder: tempfile::TempDir,
    /// Where in it.
    within: PathBuf,
}

/// What a program printed, and its exit code.
pub struct Ran {
    /// -1 when it was killed.
    pub code: i32,
    /// Output, then errors.
    pub text: String,
}

impl Place {
    /// With this configuration.
    pub fn new(main: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap(), within: PathBuf::new() };
        place.write("main.tf", main);
        place
    }

    /// With a copy of an example, beside the modules that it calls.
    pub fn of_example(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        copy(&root.join("modules"), &folder.path().join("modules"));
        copy(&root.join("examples").join(name), &folder.path().join("examples").join(name));
        Self { within: PathBuf::from("examples").join(name), folder }
    }

    /// The folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.within)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    /// Runs Bowline.
    pub fn bowline(&self, arguments: &[&str]) -> Ran {
        self.run(Path::new(env!("CARGO_BIN_EXE_bowline")), arguments)
    }

    /// Runs Terraform, which must be installed.
    pub fn terraform(&self, arguments: &[&str]) -> Ran {
        self.run(&terraform::program().unwrap(), arguments)
    }

    fn run(&self, program: &Path, arguments: &[&str]) -> Ran {
        let output = self.command(program, arguments).output().unwrap();
        ran(&output)
    }

    /// A program in a clean environment.
    pub fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("CHECKPOINT_DISABLE", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }
}

/// Copies a folder, without what runs have left in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            copy(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn ran(output: &Output) -> Ran {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    Ran { code: output.status.code().unwrap_or(-1), text }
}

impl Ran {
    /// What it printed, provided that it ended well.
    pub fn well(self) -> String {
        assert_eq!(self.code, 0, "{}", self.text);
        self.text
    }
}

/// The program of that name, where the system looks for programs.
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Says that something could not be tested here.
pub fn skipped(what: &str, why: &str) {
    eprintln!("\n==== SKIPPED: {what}: {why} ====\n");
}
