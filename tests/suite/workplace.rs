//! A copy of a stack in a folder of its own, in which the real binary runs.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

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
    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("stack");
        fs::create_dir(&root).unwrap();
        Self { folder, root }
    }

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

    /// Copies the modules; the root is the one of that name, which finds the others beside it.
    pub fn in_modules(modules: &Path, name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(modules, &folder.path().join("modules"));
        let root = folder.path().join("modules").join(name);
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

    /// Starts the binary here and goes on.
    pub fn begin(&self, arguments: &[String], environment: &[(String, String)], line: &str) -> Running {
        let mut command = self.command(arguments);
        command.envs(environment.iter().map(|(k, v)| (k.as_str(), v.as_str()))).stdin(Stdio::null());
        let mut process = command.spawn().unwrap();
        let out = Gathered::from(process.stdout.take().unwrap());
        let err = Gathered::from(process.stderr.take().unwrap());
        Running { line: line.into(), process, printed: [out, err] }
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
            // The simulator's clock goes on with every request that waits.
            (r#""milliseconds":\d+"#, r#""milliseconds":[n]"#),
            (r"\[\d+(m\d+)?s elapsed\]", "[[time] elapsed]"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
            (r"deposed object [0-9a-f]{8}", "deposed object [key]"),
            (r"Who:       \S+", "Who:       [user@host]"),
            (r"held by \S+ since", "held by [user@host] since"),
            (r"(Correlation|Request) id: \S+", "$1 id: [id]"),
            (r"\[time\]  \S+@\S+", "[time]  [user@host]"),
            (r"http://127\.0\.0\.1:\d+", "http://[simulator]"),
            (r#""n":\s*"[\w-]+""#, "\"n\": \"[modulus]\""),
            (
                r"(certificate-authority-data|client-certificate-data|client-key-data|token): \S{32,}",
                "$1: [kubeconfig]",
            ),
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

/// A command at work.
pub struct Running {
    line: String,
    process: Child,
    printed: [Gathered; 2],
}

impl Running {
    /// Returns once it has printed this.
    pub fn wait_for(&self, text: &str) {
        let has = |printed: &Gathered| printed.text.lock().unwrap().contains(text);
        wait(|| self.printed.iter().any(has).then_some(()));
    }

    /// Sends it a signal: `INT`, `TERM`, `KILL`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Whether it has ended.
    pub fn is_over(&mut self) -> bool {
        self.process.try_wait().unwrap().is_some()
    }

    /// Kills it, unless it has ended.
    pub fn kill(&mut self) {
        let _ = self.process.kill();
    }

    /// Waits for its end: the command line, and what it printed. As with [`Workplace::bowline`] the errors come last: what is
    /// written to two pipes comes in no order.
    pub fn join(mut self) -> (String, Ran) {
        let status = self.process.wait().unwrap();
        let text = self.printed.map(Gathered::whole).concat();
        (self.line, Ran { code: status.code().unwrap_or(-1), text })
    }
}

/// What a command prints, read line by line as it does so.
struct Gathered {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Gathered {
    fn from(output: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let into = text.clone();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                *into.lock().unwrap() += &(line.unwrap() + "\n");
            }
        });
        Self { text, reader }
    }

    fn whole(self) -> String {
        self.reader.join().unwrap();
        self.text.lock().unwrap().clone()
    }
}

/// Waits for a condition. That it never comes about is the only failure; how long it takes is none.
pub fn wait<T>(mut condition: impl FnMut() -> Option<T>) -> T {
    const GIVEN_UP_AFTER: usize = 60_000;
    for _ in 0..GIVEN_UP_AFTER {
        if let Some(outcome) = condition() {
            return outcome;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("what was waited for did not come about");
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
