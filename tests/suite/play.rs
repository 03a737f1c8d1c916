//! Playing a script: each step in turn, with what it printed.

use std::fs;
use std::path::Path;

use crate::azure::Server;
use crate::script::{Run, Step};
use crate::workplace::{Running, Workplace};

/// What a script has going.
struct Play {
    workplace: Workplace,
    simulator: Option<Server>,
    background: Option<Running>,
}

/// Plays a folder's script and returns the transcript. The stack is the folder itself, or the one that the script names.
pub fn transcript(folder: &Path, root: &Path) -> String {
    let text = fs::read_to_string(folder.join("script")).unwrap();
    let workplace = match text.lines().find_map(|line| line.strip_prefix("stack ")) {
        Some(stack) => Workplace::with_modules(&root.join(stack), &root.join("modules")),
        None => Workplace::copy_of(folder),
    };
    let mut play = Play { workplace, simulator: None, background: None };
    let out: String = crate::script::parse(&text).into_iter().map(|step| play.perform(step)).collect();
    assert!(play.background.is_none(), "the script leaves a command behind: end it with \"join\"");
    play.workplace.masked(&out)
}

impl Play {
    fn perform(&mut self, step: Step) -> String {
        match step {
            Step::Run(run) => self.run(&run),
            Step::Begin(run) => self.begin(&run),
            Step::Until(text) => {
                self.running().wait_for(&text);
                String::new()
            }
            Step::Signal(name) => {
                self.running().signal(&name);
                format!("-- signal {name}\n\n")
            }
            Step::Join => self.join(),
            Step::Write { name, text } => {
                self.workplace.write(&name, &text);
                format!("-- write {name}\n\n")
            }
            Step::Delete { name } => {
                fs::remove_file(self.workplace.root().join(&name)).unwrap();
                format!("-- delete {name}\n\n")
            }
            Step::Json { name, pointer } => {
                let path = self.workplace.root().join(&name);
                let now: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                format!("-- {name} {pointer}\n{}\n\n", now.pointer(&pointer).unwrap_or(&serde_json::Value::Null))
            }
            Step::Show { name } => {
                let text = fs::read_to_string(self.workplace.root().join(&name)).unwrap();
                format!("-- show {name}\n{text}\n")
            }
            Step::Azure { method, path, body } => {
                let answer = self.ask(&method, &path, &body);
                format!("-- azure {method} {path}\n{answer}\n\n")
            }
            Step::Cluster { name, method, path, body } => {
                let answer = match &self.simulator {
                    Some(server) => crate::cluster::ask(server, &name, &method, &path, &body),
                    None => crate::cluster::ask(&Server::start(&self.workplace), &name, &method, &path, &body),
                };
                format!("-- cluster {name} {method} {path}\n{answer}\n\n")
            }
            Step::Simulator => {
                self.simulator = Some(Server::start(&self.workplace));
                String::new()
            }
            Step::Fault(rules) => {
                let body = if rules == "none" { "{}".to_owned() } else { format!("{{\"rules\": [{rules}]}}") };
                let answer = self.ask("POST", "/simulator/faults", &body);
                assert!(answer.starts_with("200"), "{answer}");
                format!("-- fault {rules}\n\n")
            }
        }
    }

    fn environment(&self, run: &Run) -> Vec<(String, String)> {
        let simulator = self.simulator.as_ref().map(|s| ("BOWLINE_SIMULATOR".to_owned(), s.url()));
        simulator.into_iter().chain(run.environment.iter().cloned()).collect()
    }

    fn run(&self, run: &Run) -> String {
        let ran = self.workplace.bowline(&run.arguments, &self.environment(run), &run.input);
        let text = if run.brief { without_plan(&ran.text) } else { ran.text };
        shown(&run.line, &text, ran.code)
    }

    /// Starts a command and goes on; with a simulator that holds a request, once it does.
    fn begin(&mut self, run: &Run) -> String {
        assert!(self.background.is_none(), "one command runs already");
        self.background = Some(self.workplace.begin(&run.arguments, &self.environment(run), &run.line));
        let simulator = self.simulator.as_ref().expect("only a simulator can hold a command");
        simulator.wait_until_held();
        format!("$ {} &\n\n", run.line)
    }

    fn running(&mut self) -> &mut Running {
        self.background.as_mut().expect("no command runs in the background")
    }

    fn join(&mut self) -> String {
        let (line, ran) = self.background.take().expect("no command runs in the background").join();
        shown(&format!("wait # for {line}"), &without_plan(&ran.text), ran.code)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        match &self.simulator {
            Some(server) => server.ask(method, path, body),
            None => crate::azure::ask(&self.workplace, method, path, body),
        }
    }
}

/// What was printed, without the lines from the introduction of a plan to its sum.
fn without_plan(text: &str) -> String {
    let mut kept = String::new();
    let mut within = false;
    for line in text.split_inclusive('\n') {
        within |= line.starts_with("Bowline compared your configuration");
        within &= !line.starts_with("Plan: ");
        if !within {
            kept.push_str(line);
        }
    }
    kept
}

fn shown(line: &str, text: &str, code: i32) -> String {
    let leak = text.lines().find(|line| line.contains("MARKER-"));
    assert!(leak.is_none(), "{line}: a secret is shown: {}", leak.unwrap_or_default());
    let exit = if code == 0 { String::new() } else { format!("[exit {code}]\n") };
    format!("$ {line}\n{text}{exit}\n")
}
