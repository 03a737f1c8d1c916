//! Running the commands of provisioners.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command as Process;

use crate::config::{Provisioner, ProvisionerMoment};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::plan::InstanceChange;
use crate::plan::evaluation::InstanceData;
use crate::plan::provisioners::{Command, commands, data_of};
use crate::state::ObjectAddress;
use crate::value::Value;

use super::run::Runner;
use super::{Event, Events};

impl Runner<'_> {
    /// What is to be run after an object was made; `None` with an error.
    pub(super) fn after_creation(&mut self, object: &ObjectAddress, made: Value) -> Option<Vec<Command>> {
        let resource = self.stage.configuration.resource(&object.address.config());
        let provisioners: &[Provisioner] = resource.map_or(&[], |resource| &resource.provisioners);
        let data = InstanceData { self_value: Some(made), ..self.instance_data(&object.address) };
        commands(&mut self.stage, provisioners, ProvisionerMoment::Create, &object.address, &data)
    }

    /// What is to be run before an object goes; `None` with an error. A tainted one goes without ceremony.
    pub(super) fn before_removal(&mut self, change: &InstanceChange) -> Option<Vec<Command>> {
        if self.state.instance(&change.address).is_some_and(|instance| instance.tainted) {
            return Some(Vec::new());
        }
        let configuration = self.stage.configuration;
        let provisioners: &[Provisioner] = match configuration.resource(&change.address.config()) {
            Some(resource) => &resource.provisioners,
            None => crate::plan::removed_block(configuration, &change.address).map_or(&[], |r| &r.provisioners),
        };
        let data = data_of(&change.address, change.before.clone());
        commands(&mut self.stage, provisioners, ProvisionerMoment::Destroy, &change.address, &data)
    }
}

/// Runs commands one after the other, up to the first that fails and must not.
pub(super) async fn run_all(commands: &[Command], object: &ObjectAddress, events: &Events) -> Diagnostics {
    let mut found = Diagnostics::new();
    for command in commands {
        let tell = |text: &str| events(Event::Output { object, provisioner: "local-exec", text });
        events(Event::Progress { object, text: "Provisioning with 'local-exec'..." });
        if let Err(mut problem) = run(command, &tell).await {
            if command.may_fail {
                problem.severity = Severity::Warning;
            }
            found.push(problem.at(command.place).for_address(&object.address));
            if found.has_errors() {
                break;
            }
        }
    }
    found
}

async fn run(command: &Command, tell: &(dyn Fn(&str) + Sync)) -> Result<(), Diagnostic> {
    let failed = |detail: String| Diagnostic::error("local-exec provisioner error", detail);
    let Some((program, arguments)) = command.words.split_first() else { return Ok(()) };
    if command.words.last().is_none_or(|line| line.trim().is_empty()) {
        return Err(Diagnostic::error("Invalid local-exec provisioner command", "The command must not be empty."));
    }
    let shown = if command.secret { "(sensitive command)" } else { command.words.last().map_or("", String::as_str) };
    if command.secret {
        tell("(output suppressed due to sensitive value in config)");
    } else if !command.quiet {
        let words: Vec<String> = command.words.iter().map(|word| format!("{word:?}")).collect();
        tell(&format!("Executing: [{}]", words.join(" ")));
    }
    let mut process = Process::new(program);
    process.args(arguments).envs(&command.environment).stdin(Stdio::null());
    process.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    if let Some(folder) = &command.folder {
        process.current_dir(folder);
    }
    let cannot = |error: std::io::Error| failed(format!("Error running command '{shown}': {error}."));
    let mut child = process.spawn().map_err(cannot)?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = tokio::join!(lines(out, command, tell), lines(err, command, tell));
    let status = child.wait().await.map_err(cannot)?;
    if status.success() {
        return Ok(());
    }
    let end = match status.code() {
        Some(code) => format!("exit status {code}"),
        None => "it was ended by a signal".to_owned(),
    };
    let output = if command.secret { String::new() } else { format!(" Output: {out}{err}") };
    Err(failed(format!("Error running command '{shown}': {end}.{output}")))
}

/// Tells each line that a process prints, and returns the last of them.
async fn lines(stream: Option<impl AsyncRead + Unpin>, command: &Command, tell: &(dyn Fn(&str) + Sync)) -> String {
    const KEPT: usize = 8 * 1024;
    let Some(stream) = stream else { return String::new() };
    let mut reader = BufReader::new(stream);
    let (mut kept, mut line) = (String::new(), Vec::new());
    while matches!(reader.read_until(b'\n', &mut line).await, Ok(length) if length > 0) {
        let text = String::from_utf8_lossy(&line);
        if !command.secret {
            tell(text.trim_end_matches(['\n', '\r']));
        }
        if kept.len() + text.len() <= KEPT {
            kept.push_str(&text);
        }
        line.clear();
    }
    kept
}
