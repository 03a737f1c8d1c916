//! The scripts of the stacks.
//!
//! ```text
//! # a remark
//! stack examples/payments           plays on a copy of this stack instead of the folder's own
//! $ plan --simulate -var x=1        runs bowline; NAME=value before the first word goes to the environment
//! % apply --simulate                the same; of the plan only its last line is shown
//! < yes                             what the command above reads
//! write main.tf                     replaces a file by the indented lines that follow
//!   resource ...
//! delete main.tf
//! json terraform.tfstate /serial    tells a member of a JSON file
//! show out/main.tf                  shows a file
//! azure PATCH /subscriptions/... {"tags": {}}      asks the embedded Azure by hand
//! cluster rg/aks PATCH /api/v1/... {"data": {}}    asks a cluster in it by hand, as its administrator
//! simulator                         from here on one simulator serves all commands, so that faults stay
//! fault {"method": "PUT", "times": 1, "effect": "cut"}     rules of docs/simulator.md; "fault none" ends them
//! & apply --simulate                starts bowline, and goes on once the simulator holds a request of it
//! until Stopping                    goes on once the command that was started has printed this
//! signal INT                        sends it a signal
//! join                              waits for its end
//! ```

/// A command line.
#[derive(Debug)]
pub struct Run {
    pub line: String,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub input: String,
    /// Without the plan's body.
    pub brief: bool,
}

/// One step of a script.
#[derive(Debug)]
pub enum Step {
    /// Run bowline.
    Run(Run),
    /// Start bowline.
    Begin(Run),
    /// Wait until the command that was started has printed something.
    Until(String),
    /// Send it a signal.
    Signal(String),
    /// Wait for its end.
    Join,
    /// Replace a file.
    Write { name: String, text: String },
    /// Remove a file.
    Delete { name: String },
    /// Tell what is at a pointer into a JSON file.
    Json { name: String, pointer: String },
    /// Show a file.
    Show { name: String },
    /// Ask the embedded Azure.
    Azure { method: String, path: String, body: String },
    /// Ask a cluster of the embedded Azure.
    Cluster { name: String, method: String, path: String, body: String },
    /// Start a simulator for all commands that follow.
    Simulator,
    /// Set its faults.
    Fault(String),
}

/// Reads a script.
pub fn parse(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in text.lines() {
        if line.starts_with("  ") || line.is_empty() {
            if let Some(Step::Write { text, .. }) = steps.last_mut() {
                *text += &format!("{}\n", line.strip_prefix("  ").unwrap_or(line));
            }
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = rest.splitn(3, ' ').map(str::to_owned);
        let mut next = || words.next().unwrap_or_default();
        match word {
            "$" => steps.push(Step::Run(run(rest))),
            "%" => steps.push(Step::Run(Run { brief: true, ..run(rest) })),
            "&" => steps.push(Step::Begin(run(rest))),
            "<" => match steps.last_mut() {
                Some(Step::Run(run)) => run.input += &format!("{rest}\n"),
                _ => panic!("nothing reads {line:?}"),
            },
            "write" => steps.push(Step::Write { name: rest.trim().into(), text: String::new() }),
            "delete" => steps.push(Step::Delete { name: rest.trim().into() }),
            "json" => steps.push(Step::Json { name: next(), pointer: next() }),
            "show" => steps.push(Step::Show { name: rest.trim().into() }),
            "azure" => steps.push(Step::Azure { method: next(), path: next(), body: next() }),
            "cluster" => {
                let name = next();
                let mut rest = rest.splitn(4, ' ').skip(1).map(str::to_owned);
                let mut next = || rest.next().unwrap_or_default();
                steps.push(Step::Cluster { name, method: next(), path: next(), body: next() });
            }
            "simulator" => steps.push(Step::Simulator),
            "fault" => steps.push(Step::Fault(rest.into())),
            "until" => steps.push(Step::Until(rest.into())),
            "signal" => steps.push(Step::Signal(rest.into())),
            "stack" => {}
            "join" => steps.push(Step::Join),
            _ => assert!(word.starts_with('#'), "no step: {line:?}"),
        }
    }
    steps
}

fn run(command: &str) -> Run {
    let mut words = split(command);
    let mut environment = Vec::new();
    while let Some((name, value)) = words.first().and_then(|w| w.split_once('=')).filter(|(n, _)| {
        n.starts_with(|c: char| c.is_ascii_uppercase()) && !n.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')
    }) {
        environment.push((name.to_owned(), value.to_owned()));
        words.remove(0);
    }
    Run { line: format!("bowline {command}"), arguments: words, environment, input: String::new(), brief: false }
}

/// Words, of which those in single quotes may hold blanks.
fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.extend(Some(std::mem::take(&mut word)).filter(|w| !w.is_empty())),
            c => word.push(c),
        }
    }
    words.extend(Some(word).filter(|w| !w.is_empty()));
    words
}
