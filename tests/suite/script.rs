//! The scripts of the stacks.
//!
//! ```text
//! # a remark
//! $ plan --simulate -var x=1        runs bowline; NAME=value before the first word goes to the environment
//! < yes                             what the command above reads
//! write main.tf                     replaces a file by the indented lines that follow
//!   resource ...
//! delete main.tf
//! azure PATCH /subscriptions/... {"tags": {}}      asks the embedded Azure by hand
//! ```

/// One step of a script.
#[derive(Debug)]
pub enum Step {
    /// Run bowline.
    Run { line: String, arguments: Vec<String>, environment: Vec<(String, String)>, input: String },
    /// Replace a file.
    Write { name: String, text: String },
    /// Remove a file.
    Delete { name: String },
    /// Ask the embedded Azure.
    Azure { method: String, path: String, body: String },
}

/// Reads a script.
pub fn parse(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(run(command));
        } else if let Some(typed) = line.strip_prefix("< ") {
            match steps.last_mut() {
                Some(Step::Run { input, .. }) => *input += &format!("{typed}\n"),
                _ => panic!("nothing reads {line:?}"),
            }
        } else if let Some(name) = line.strip_prefix("write ") {
            steps.push(Step::Write { name: name.trim().into(), text: String::new() });
        } else if let Some(name) = line.strip_prefix("delete ") {
            steps.push(Step::Delete { name: name.trim().into() });
        } else if let Some(request) = line.strip_prefix("azure ") {
            let mut words = request.splitn(3, ' ').map(str::to_owned);
            let mut next = || words.next().unwrap_or_default();
            steps.push(Step::Azure { method: next(), path: next(), body: next() });
        } else if line.starts_with("  ") || line.is_empty() {
            if let Some(Step::Write { text, .. }) = steps.last_mut() {
                *text += &format!("{}\n", line.strip_prefix("  ").unwrap_or(line));
            }
        } else {
            assert!(line.starts_with('#'), "no step: {line:?}");
        }
    }
    steps
}

fn run(command: &str) -> Step {
    let mut words = split(command);
    let mut environment = Vec::new();
    while let Some((name, value)) = words
        .first()
        .and_then(|w| w.split_once('='))
        .filter(|(n, _)| n.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    {
        environment.push((name.to_owned(), value.to_owned()));
        words.remove(0);
    }
    Step::Run { line: format!("bowline {command}"), arguments: words, environment, input: String::new() }
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
