//! Running a script with one of the two programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use crate::answer::errors;
use crate::reduce::{checks, masked, plan, state, validation};
use crate::script::Step;

/// The program that is the measure.
pub const TERRAFORM: &str = "terraform";

/// One of the two programs.
pub struct Program(PathBuf);

/// What a command printed.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Whether all that a plan tells is that objects have new addresses.
fn tells_only_of_moves(text: &str) -> bool {
    let mut headings = text.lines().filter_map(|line| line.strip_prefix("  # ")).peekable();
    headings.peek().is_some()
        && headings.all(|line| line.contains(" has moved to "))
        && !text.contains("Changes to Outputs")
}

impl Program {
    /// The one under test.
    pub fn bowline() -> Self {
        Self(env!("CARGO_BIN_EXE_bowline").into())
    }

    /// The other one, if it is installed.
    pub fn terraform() -> Option<Self> {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(TERRAFORM)).find(|file| file.is_file()).map(Self)
    }

    /// Runs a script in a folder of its own; an answer for each step.
    pub fn run(&self, steps: &[Step]) -> Vec<Json> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir(&root).unwrap();
        steps.iter().map(|step| self.step(&root, step)).collect()
    }

    fn step(&self, root: &Path, step: &Step) -> Json {
        for (name, text) in &step.write {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for name in &step.delete {
            fs::remove_file(root.join(name)).unwrap();
        }
        let saved = "saved.tfplan".to_owned();
        let mut arguments: Vec<String> = vec![step.command.clone()];
        match step.command.as_str() {
            "plan" => {
                arguments.extend(["-out=saved.tfplan", "-input=false", "-detailed-exitcode"].map(str::to_owned));
            }
            "apply" if step.arguments == ["saved"] => arguments.extend(["-input=false".to_owned(), saved]),
            "apply" | "destroy" => arguments.extend(["-auto-approve", "-input=false"].map(str::to_owned)),
            "init" => arguments.push("-input=false".to_owned()),
            "validate" => arguments.push("-json".to_owned()),
            _ => {}
        }
        arguments.extend(step.arguments.iter().filter(|a| *a != "saved").cloned());
        let ran = self.command(root, &arguments, step);
        self.answer(root, step, &ran)
    }

    fn answer(&self, root: &Path, step: &Step, ran: &Ran) -> Json {
        let mut answer = json!({ "exit": ran.code });
        if step.command == "validate" {
            answer["validation"] = validation(&ran.out);
            return answer;
        }
        if ran.code == 1 {
            answer["errors"] = errors(if ran.err.contains("Error: ") { &ran.err } else { &ran.out });
        }
        // Where only the form in memory of an output's number differs, Terraform finds no changes, and says there are.
        let refreshes = step.arguments.iter().any(|argument| argument == "-refresh-only");
        if refreshes && ran.code == 2 && (ran.out.contains("No changes.") || tells_only_of_moves(&ran.out)) {
            answer["exit"] = Json::from(0);
        }
        match step.command.as_str() {
            "plan" if ran.code != 1 => {
                let shown = self.command(root, &["show", "-json", "saved.tfplan"].map(str::to_owned), step);
                answer["plan"] = plan(&shown.out);
            }
            "apply" | "destroy" | "import" => {
                let pulled = self.command(root, &["state", "pull"].map(str::to_owned), step);
                answer["state"] = state(&pulled.out);
            }
            // Of what is recorded: how the conditions came out.
            "show" => answer["checks"] = checks(&ran.out),
            "output" | "state" | "workspace" if ran.code == 0 => answer["text"] = Json::from(masked(&ran.out)),
            _ => {}
        }
        answer
    }

    fn command(&self, root: &Path, arguments: &[String], step: &Step) -> Ran {
        let output = Command::new(&self.0)
            .args(arguments)
            .current_dir(root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("HOME", "/nonexistent"), ("LANG", "C.UTF-8"), ("TZ", "UTC"), ("CHECKPOINT_DISABLE", "1")])
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            // One step at a time: what a failing apply leaves does not hang on who was faster.
            .envs([("TF_CLI_ARGS_apply", "-parallelism=1"), ("TF_CLI_ARGS_destroy", "-parallelism=1")])
            .envs(step.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
