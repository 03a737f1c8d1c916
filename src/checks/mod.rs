//! Checks of what a plan leads to: faults in access that Azure accepts, and that show only when a pod asks for a token
//! or when somebody audits.

mod faults;
mod ignore;
mod preferences;
mod rules;

use std::collections::BTreeMap;

use crate::access::World;
use crate::address::Address;
use crate::config::Configuration;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::decode;
use crate::span::{SourceMap, Span};
use crate::value::Path;

pub use ignore::reason;
pub use preferences::refuse_unknown;
pub use rules::RULES;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, also for ignoring it.
    pub name: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// Why that is a fault.
    pub reason: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Looks for it.
    find: fn(&World, &mut Found),
}

/// How much a rule matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know; shown when all is asked for.
    Note,
    /// Probably wrong.
    Warning,
    /// Will not work.
    Error,
}

impl Level {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Which findings are shown, and whether they stop the run (`-checks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Mode {
    /// None.
    Off,
    /// Warnings, whatever their level; no notes.
    #[default]
    Warn,
    /// Everything, as warnings.
    All,
    /// What is a warning or an error by its level stops the run.
    Error,
}

/// Something that a rule found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// Its level, the rule's or what the team prefers.
    pub level: Level,
    /// The team wants the run to stop at it.
    pub stops: bool,
    /// Where.
    pub address: Address,
    /// The argument's place, or the block's, where the configuration has it.
    pub place: Option<Span>,
    /// What is wrong there.
    pub message: String,
    /// Why nothing is to be done about it, if somebody said so.
    pub ignored: Option<String>,
}

/// What the rules have found so far.
#[derive(Debug, Default)]
pub struct Found(Vec<(Address, Option<&'static str>, String)>);

impl Found {
    fn at(&mut self, address: &Address, argument: &'static str, message: String) {
        self.0.push((address.clone(), Some(argument), message));
    }

    fn on(&mut self, address: &Address, message: String) {
        self.0.push((address.clone(), None, message));
    }
}

/// Runs every rule that is not turned off.
pub fn run(world: &World, configuration: &Configuration, sources: &SourceMap) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let Some((level, stops)) = preferences::level(rule, &configuration.preferences) else { continue };
        let mut found = Found::default();
        (rule.find)(world, &mut found);
        for (address, argument, message) in found.0 {
            let resource = configuration.resource(&address.config());
            let place = resource.map(|resource| match argument {
                Some(name) => decode::locate(&resource.body, &Path::attribute(name), resource.header),
                None => resource.header,
            });
            let ignored = resource.and_then(|resource| ignore::reason(rule.name, resource.span, sources));
            findings.push(Finding { rule: rule.name, level, stops, address, place, message, ignored });
        }
    }
    findings
}

/// The findings that are to be shown, as diagnostics. What is found in several instances of a block is told once.
pub fn diagnostics(findings: &[Finding], mode: Mode) -> Diagnostics {
    let least = match mode {
        Mode::Off => return Diagnostics::new(),
        Mode::All => Level::Note,
        Mode::Warn | Mode::Error => Level::Warning,
    };
    let shown = findings.iter().filter(|finding| finding.ignored.is_none() && finding.level >= least);
    let mut blocks: BTreeMap<(&str, Option<Span>, String), Vec<&Finding>> = BTreeMap::new();
    for finding in shown {
        let block =
            if finding.place.is_some() { finding.address.config().to_string() } else { finding.address.to_string() };
        blocks.entry((finding.rule, finding.place, block)).or_default().push(finding);
    }
    blocks.values().filter_map(|findings| diagnostic(findings, mode)).collect()
}

fn diagnostic(findings: &[&Finding], mode: Mode) -> Option<Diagnostic> {
    let first = findings.first()?;
    let rule = RULES.iter().find(|rule| rule.name == first.rule)?;
    let others = match findings.len() {
        1 => String::new(),
        more => format!(" The same holds for {} more instances of this block.", more - 1),
    };
    let detail = format!(
        "{}{others}\n\n{} {}\n\nIf it is meant so, say why above the block: # bowline:ignore {} REASON",
        first.message, rule.reason, rule.fix, rule.name
    );
    let mut diagnostic = Diagnostic::warning(format!("{} [{}]", rule.title, rule.name), detail);
    if mode == Mode::Error || first.stops {
        diagnostic.severity = Severity::Error;
    }
    diagnostic.subject = first.place;
    Some(diagnostic.for_address(&first.address))
}

/// The table of the rules for docs/checks.md.
pub fn table() -> String {
    let row = |rule: &Rule| {
        format!("| `{}` | {} | {} | {} | {} |\n", rule.name, rule.level.word(), rule.title, rule.reason, rule.fix)
    };
    let rows: String = RULES.iter().map(row).collect();
    format!("| rule | level | finds | why | what to do |\n|---|---|---|---|---|\n{rows}")
}

#[cfg(test)]
mod tests;
