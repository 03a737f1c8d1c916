//! Scripts of stacks.
//!
//! ```text
//! # a remark
//! write main.tf              replaces a file by the indented lines that follow
//!   resource ...
//! delete main.tf
//! ~ why                      the next step is meant to be answered in another way than Terraform's
//! $ plan -var x=1            NAME=value before the first word goes to the environment
//! $ apply                    `apply saved` applies the last plan
//! ```

/// One command, and what becomes of files before it.
#[derive(Debug, Default)]
pub struct Step {
    /// As written.
    pub line: String,
    pub command: String,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub write: Vec<(String, String)>,
    pub delete: Vec<String>,
    /// Why the answer is meant to differ.
    pub differs: Option<String>,
}

/// Reads a script.
pub fn parse(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut step = Step::default();
    let mut writing = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            read_command(command, &mut step);
            steps.push(std::mem::take(&mut step));
            writing = false;
        } else if let Some(name) = line.strip_prefix("write ") {
            step.write.push((name.trim().to_owned(), String::new()));
            writing = true;
        } else if let Some(name) = line.strip_prefix("delete ") {
            step.delete.push(name.trim().to_owned());
            writing = false;
        } else if let Some(why) = line.strip_prefix("~ ") {
            step.differs = Some(why.to_owned());
        } else if line.starts_with("  ") || line.is_empty() {
            if let Some((_, text)) = step.write.last_mut().filter(|_| writing) {
                text.push_str(&format!("{}\n", line.strip_prefix("  ").unwrap_or(line)));
            }
        } else {
            assert!(line.starts_with('#'), "no step: {line:?}");
        }
    }
    steps
}

fn read_command(line: &str, step: &mut Step) {
    line.clone_into(&mut step.line);
    let mut words = split(line).into_iter().peekable();
    while let Some((name, value)) = words.peek().and_then(|word| word.split_once('=')) {
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            break;
        }
        step.environment.push((name.to_owned(), value.to_owned()));
        words.next();
    }
    step.command = words.next().unwrap();
    step.arguments = words.collect();
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
