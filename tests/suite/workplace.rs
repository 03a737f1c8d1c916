//! A copy of a stack in a folder of its own, in which the real binary runs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A copy of a stack.
pub struct Workplace {
    folder: tempfile::TempDir,
    root: PathBuf,
}

/// What a command printed.
pub struct Ran {
    pub code: i32,
    /// Output, then errors.
    pub text: String,
}

impl Workplace {
    /// Copies a stack, without its script and snapshots.
    pub fn copy_of(stack: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("stack");
        copy(stack, &root);
        Self { folder, root }
    }

    /// Copies a stack to where `../../modules` is found from it.
    pub fn with_modules(stack: &Path, modules: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("examples").join(stack.file_name().unwrap());
        copy(stack, &root);
        copy(modules, &folder.path().join("modules"));
        Self { folder, root }
    }

    /// The root module's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Replaces a file.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs the binary here.
    pub fn bowline(&self, arguments: &[String], environment: &[(String, String)], input: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .envs(environment.iter().map(|(k, v)| (k.as_str(), v.as_str())))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may be gone by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Ran { code: output.status.code().unwrap_or(-1), text }
    }

    /// The binary with these arguments, in a clean environment.
    pub fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command
            .args(arguments)
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("TZ", "UTC")
            .env("NO_COLOR", "1")
            // One step at a time: the order of the lines is then the order of the steps.
            .env("TF_CLI_ARGS_apply", "-parallelism=1")
            .env("TF_CLI_ARGS_destroy", "-parallelism=1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// A text without what differs from run to run.
    pub fn masked(&self, text: &str) -> String {
        let folder = self.folder.path().to_string_lossy().into_owned();
        let real = fs::canonicalize(self.folder.path()).unwrap().to_string_lossy().into_owned();
        let text = text.replace(&real, "[folder]").replace(&folder, "[folder]");
        let patterns = [
            (r"after \d+(m\d+)?s\b", "after [time]"),
            (r"\[\d+(m\d+)?s elapsed\]", "[[time] elapsed]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
            (r"deposed object [0-9a-f]{8}", "deposed object [key]"),
            (r"http://127\.0\.0\.1:\d+", "http://[simulator]"),
        ];
        let random = regex::Regex::new(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").unwrap();
        let fixed = |id: &regex::Captures<'_>| {
            // The simulator's subscription and directory are no random ids.
            if id[0].starts_with("11111111") || id[0].starts_with("22222222") {
                id[0].to_owned()
            } else {
                "[uuid]".into()
            }
        };
        let text = random.replace_all(&text, fixed).into_owned();
        patterns.iter().fold(text, |text, (pattern, mask)| {
            regex::Regex::new(pattern).unwrap().replace_all(&text, *mask).into_owned()
        })
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), entry.file_name());
        let skipped = name == "script" || name == ".bowline" || path.extension().is_some_and(|e| e == "snap");
        if path.is_dir() && !skipped {
            copy(&path, &to.join(name));
        } else if !skipped && !name.to_string_lossy().contains("tfstate") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
