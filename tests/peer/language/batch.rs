//! Many expressions put to a program at once: what each is, or what is wrong with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

use crate::samples::DECLARATIONS;

/// What a program says of one expression.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Answer {
    /// Its value and its type as the console prints them; empty when there are errors.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub value: String,
    /// Its type.
    #[serde(skip_serializing_if = "String::is_empty", default, rename = "type")]
    pub ty: String,
    /// Its errors, each in a line, with places counted from the start of the expression's line.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<String>,
}

/// A folder in which a program answers.
pub struct Room {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Room {
    pub fn new(program: &Path) -> Self {
        let mut folder = tempfile::tempdir().unwrap();
        folder.disable_cleanup(std::env::var_os("PEER_KEEP").is_some());
        let files = folder.path().join("files");
        fs::create_dir_all(files.join("sub/deep")).unwrap();
        for (name, content) in [
            ("a.txt", "first\nsecond é\n".as_bytes()),
            ("greet.tpl", b"Hi ${a}!%{ for x in [1, 2] } ${x}%{ endfor }\n"),
            ("bad.tpl", b"Hi ${a"),
            ("recursive.tpl", b"${templatefile(\"files/a.txt\", {})}"),
            ("raw.bin", b"\xff\x00\xfe"),
            ("sub/g.txt", b""),
            ("sub/deep/h", b"x"),
        ] {
            fs::write(files.join(name), content).unwrap();
        }
        Self { program: program.to_owned(), folder }
    }

    /// The answers to all of `expressions`.
    pub fn answers(&self, expressions: &[&str]) -> Vec<Answer> {
        let mut answers = vec![Answer::default(); expressions.len()];
        let first_line = self.write(expressions, &|_| true);
        for error in self.errors() {
            let line = error["range"]["start"]["line"].as_u64().unwrap_or(0);
            let at = first_line.iter().rposition(|(first, _)| *first <= line);
            let Some(at) = at else { panic!("an error outside of all expressions: {error}") };
            answers[at].errors.push(described(&error, first_line[at]));
        }
        for answer in &mut answers {
            answer.errors.sort();
        }
        self.write(expressions, &|at| answers[at].errors.is_empty());
        if answers.iter().all(|answer| !answer.errors.is_empty()) {
            return answers;
        }
        let values = self.console("local.all", "  \"", "\" = ");
        let types = self.console("type(local.all)", "    ", ": ");
        for (at, answer) in answers.iter_mut().enumerate().filter(|(_, answer)| answer.errors.is_empty()) {
            let name = format!("e{at:06}");
            answer.value = values.get(&name).cloned().unwrap_or_default();
            answer.ty = types.get(&name).cloned().unwrap_or_default();
        }
        answers
    }

    /// Writes the module; the line and the byte at which each expression starts.
    fn write(&self, expressions: &[&str], wanted: &dyn Fn(usize) -> bool) -> Vec<(u64, u64)> {
        let mut text = format!("{DECLARATIONS}\nlocals {{\n  all = {{\n");
        let mut line = text.matches('\n').count() as u64 + 1;
        let mut starts = Vec::with_capacity(expressions.len());
        for (at, expression) in expressions.iter().enumerate() {
            starts.push((line, text.len() as u64));
            if wanted(at) {
                let entry = format!("    e{at:06} = {expression}\n");
                line += entry.matches('\n').count() as u64;
                text.push_str(&entry);
            }
        }
        text.push_str("  }\n}\n\noutput \"all\" {\n  value     = local.all\n  sensitive = true\n}\n");
        fs::write(self.folder.path().join("main.tf"), text).unwrap();
        starts
    }

    /// What `validate` finds: it tells every error of every expression.
    fn errors(&self) -> Vec<Json> {
        let output = self.run(&["validate", "-json"], "");
        let found: Json = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
        let diagnostics = found["diagnostics"].as_array().cloned().unwrap_or_default();
        diagnostics.into_iter().filter(|diagnostic| diagnostic["severity"] == "error").collect()
    }

    /// What the console prints, by the names of the outermost object's attributes.
    fn console(&self, question: &str, before: &str, after: &str) -> BTreeMap<String, String> {
        // The state, and what locks it, must not be among the files that expressions list.
        let elsewhere = std::env::temp_dir().join(format!("bowline-peer-{}.tfstate", std::process::id()));
        let state = format!("-state={}", elsewhere.display());
        let output = self.run(&["console", &state], question);
        let mut answers: BTreeMap<String, String> = BTreeMap::new();
        let mut current = None;
        for line in output.lines() {
            let entry = line.strip_prefix(before).and_then(|rest| rest.split_once(after));
            let entry = entry.filter(|(name, _)| name.len() == 7 && name.starts_with('e'));
            if let Some((name, first)) = entry {
                current = Some(name.to_owned());
                answers.insert(name.to_owned(), first.to_owned());
            } else if let Some(text) = current.as_ref().and_then(|name| answers.get_mut(name))
                && !matches!(line, "}" | "})")
            {
                text.push('\n');
                text.push_str(line);
            }
        }
        assert!(!answers.is_empty(), "{} answered {question} with {output}", self.program.display());
        answers
    }

    fn run(&self, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .arg("-no-color")
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", "/dev/null")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked at"), "{}", said);
        if arguments[0] == "console" && !output.status.success() {
            return said.into_owned();
        }
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// An error in one line: what it says, where in the expression, with which values, calling what.
fn described(error: &Json, (line, byte): (u64, u64)) -> String {
    let at = |end: &str| {
        let place = &error["range"][end];
        let from = |what: &str, start: u64| place[what].as_u64().unwrap_or(0).saturating_sub(start);
        format!("{}:{}:{}", from("line", line), from("column", 0), from("byte", byte))
    };
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let snippet = &error["snippet"];
    let values: Vec<String> = snippet["values"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|used| format!("{} {}", text(&used["traversal"]), text(&used["statement"])))
        .collect();
    format!(
        "{}: {} [at {} to {}] [{}] [{}]",
        text(&error["summary"]),
        text(&error["detail"]),
        at("start"),
        at("end"),
        values.join("; "),
        text(&snippet["function_call"]["called_as"]),
    )
}
