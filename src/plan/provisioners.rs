//! Provisioners: what is run on this machine after an object was made or before it goes.
//!
//! `local-exec` is run. `file` and `remote-exec` need a shell on another machine, of which what Bowline provisions has
//! none: they are refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::address::{Address, InstanceKey};
use crate::config::{Provisioner, ProvisionerFailure, ProvisionerMoment};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::decode;
use crate::provider::{Attribute, Block};
use crate::span::Span;
use crate::value::{Marks, Number, Type, Value};

use super::evaluation::InstanceData;
use super::stage::Stage;

/// A command that is to be run.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program and its arguments; the last one is what the user wrote.
    pub words: Vec<String>,
    /// Where, relative to where the process works.
    pub folder: Option<String>,
    /// Variables in addition to the process's own.
    pub environment: BTreeMap<String, String>,
    /// Neither the command nor what it prints is shown: its configuration holds something sensitive.
    pub secret: bool,
    /// The command itself is not shown.
    pub quiet: bool,
    /// The step goes on when it fails.
    pub may_fail: bool,
    /// The block, to point at.
    pub place: Span,
}

static LOCAL_EXEC: LazyLock<Block> = LazyLock::new(|| {
    let attributes = [
        ("command", Attribute::required(Type::String)),
        ("interpreter", Attribute::optional(Type::list(Type::String))),
        ("working_dir", Attribute::optional(Type::String)),
        ("environment", Attribute::optional(Type::map(Type::String))),
        ("quiet", Attribute::optional(Type::Bool)),
    ];
    Block { attributes: attributes.map(|(name, a)| (name.into(), a)).into_iter().collect(), ..Block::default() }
});

/// What an instance may refer to in its provisioners: itself, and its key.
pub fn data_of(address: &Address, itself: Value) -> InstanceData {
    let each = |key: &str| (Value::string(key), Value::dynamic());
    let index = |at: u64| Value::number(Number::from(usize::try_from(at).unwrap_or(usize::MAX)));
    InstanceData {
        each: match &address.key {
            InstanceKey::String(key) => Some(each(key)),
            _ => None,
        },
        count: match address.key {
            InstanceKey::Int(at) => Some(index(at)),
            _ => None,
        },
        self_value: Some(itself),
    }
}

/// Whether the provisioners of a block are right, as far as that can be told before anything is known.
pub fn check(stage: &mut Stage<'_>, provisioners: &[Provisioner], address: &Address, data: &InstanceData) {
    for provisioner in provisioners {
        if let Err(problems) = decoded(stage, provisioner, address, data) {
            stage.take(problems);
        }
    }
}

/// The commands to be run at a moment, evaluated; `None` with an error.
pub fn commands(
    stage: &mut Stage<'_>,
    provisioners: &[Provisioner],
    moment: ProvisionerMoment,
    address: &Address,
    data: &InstanceData,
) -> Option<Vec<Command>> {
    let mut commands = Vec::new();
    for provisioner in provisioners.iter().filter(|p| p.when == moment) {
        match decoded(stage, provisioner, address, data) {
            Ok(value) => commands.push(command(provisioner, value)),
            Err(problems) => {
                stage.take(problems);
                return None;
            }
        }
    }
    Some(commands)
}

fn decoded(
    stage: &Stage<'_>,
    provisioner: &Provisioner,
    address: &Address,
    data: &InstanceData,
) -> Result<Value, Diagnostics> {
    if &*provisioner.kind != "local-exec" {
        return Err(unsupported(provisioner).into());
    }
    let scope = stage.evaluation.scope(&address.module, data);
    let (value, problems) = decode::decode_body(&provisioner.body, &LOCAL_EXEC, &scope, provisioner.span, &|_| None);
    if problems.has_errors() {
        return Err(problems.into_iter().map(|p| p.for_address(address)).collect());
    }
    Ok(value)
}

fn unsupported(provisioner: &Provisioner) -> Diagnostic {
    let detail = format!(
        "Bowline does not run the provisioner \"{}\": it needs a shell on another machine. Run what is needed there from \
         the machine's own start-up configuration, or with a \"local-exec\" provisioner that calls a program here.",
        provisioner.kind
    );
    Diagnostic::error("Unsupported provisioner", detail).at(provisioner.span)
}

fn command(provisioner: &Provisioner, value: Value) -> Command {
    let secret = value.deep_marks().contains(Marks::SENSITIVE);
    let bare = value.unmark_deep().0;
    let text = |name: &str| bare.field(name).and_then(Value::as_str).map(str::to_owned);
    let texts = |value: &Value| value.as_str().map(str::to_owned);
    let interpreter = bare.field("interpreter").and_then(Value::as_elements).unwrap_or_default();
    let mut words: Vec<String> = interpreter.iter().filter_map(texts).collect();
    if words.is_empty() {
        words = ["/bin/sh", "-c"].map(str::to_owned).to_vec();
    }
    words.extend(text("command"));
    let environment = bare.field("environment").and_then(Value::as_fields);
    let pairs = environment.into_iter().flatten().filter_map(|(name, value)| Some((name.to_string(), texts(value)?)));
    Command {
        words,
        folder: text("working_dir"),
        environment: pairs.collect(),
        secret,
        quiet: bare.field("quiet").and_then(Value::as_bool).unwrap_or(false),
        may_fail: provisioner.on_failure == ProvisionerFailure::Continue,
        place: provisioner.span,
    }
}
