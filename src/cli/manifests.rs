//! `bowline manifests`: what is wrong with Kubernetes manifests on the way to an identity, and what they need.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::flags::{OutputFlags, VariableFlags};
use super::invocation::Invocation;
use super::{Exit, fmt, surveyed};
use crate::access::World;
use crate::checks::Level;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::manifests::{self, Loaded, Report, Stack};
use crate::report::{manifests_text, sarif};
use crate::span::{SourceId, SourceMap};

/// Check Kubernetes manifests, or write what they need
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bowline manifests check deploy/\n  helm template shop ./chart | bowline manifests check -stack=infra -\n  \
                        bowline manifests check -stack=infra -fix deploy/\n  bowline manifests render -stack=infra -kustomize deploy/"
)]
pub enum Command {
    /// Find what keeps pods from their identity, and secrets that they could do without
    Check(Check),
    /// Write the service accounts, labels and annotations for a stack
    Render(Render),
}

/// Which stack the manifests are for.
#[derive(Debug, Args)]
pub struct StackFlags {
    /// The folder of the stack whose federated credentials count; the present one when it has a configuration
    #[arg(long, value_name = "DIR")]
    stack: Option<PathBuf>,
    /// The namespace of objects that say none
    #[arg(long, short = 'n', value_name = "NAME")]
    namespace: Option<String>,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    output: OutputFlags,
}

impl StackFlags {
    /// The folder of the stack, where it is not the present one.
    pub fn folder(&self) -> Option<&Path> {
        self.stack.as_deref()
    }

    /// The values of its variables.
    pub fn variables(&self) -> &VariableFlags {
        &self.variables
    }

    /// The namespace of objects that say none.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

/// The arguments of `manifests check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Write what would mend the findings into the files; from standard input to standard output
    #[arg(long)]
    fix: bool,
    /// Write what is found to this file, in SARIF
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Print JSON for tools
    #[arg(long)]
    json: bool,
    /// Fail on warnings too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    stack: StackFlags,
    /// Files and folders; "-" reads standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// The arguments of `manifests render`.
#[derive(Debug, Args)]
pub struct Render {
    /// As a Kustomize component with patches for service accounts and workloads
    #[arg(long, conflicts_with = "helm_values")]
    kustomize: bool,
    /// As values of a Helm chart, a document for each service account
    #[arg(long)]
    helm_values: bool,
    /// Only this service account: NAMESPACE/NAME
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    #[command(flatten)]
    stack: StackFlags,
    /// Files and folders with the workloads that -kustomize patches
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs one of them.
pub fn run(command: &Command, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    match command {
        Command::Check(arguments) => check(arguments, invocation),
        Command::Render(arguments) => render(arguments, invocation),
    }
}

/// A file that is looked at.
pub struct File {
    /// Where it lies; standard input lies nowhere.
    path: Option<PathBuf>,
    source: SourceId,
}

impl File {
    /// A text that lies in no file.
    pub fn of_text(name: String, text: String, sources: &mut SourceMap) -> Self {
        Self { source: sources.add(name, None, text), path: None }
    }
}

fn check(arguments: &Check, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let mut files = gather(&arguments.paths, invocation)?;
    let stack = stack_of(&arguments.stack, invocation)?;
    let namespace = arguments.stack.namespace.as_deref();
    let (mut loaded, mut unreadable) = read(&files, &invocation.sources);
    let mut report = manifests::check(&loaded, &invocation.sources, stack.as_ref(), namespace);
    if arguments.fix {
        let mut changed: BTreeMap<usize, String> = BTreeMap::new();
        // Each round makes what does not stand in each other's way. A finding takes at most two, so there is an end.
        for _ in 0..20 {
            let edits = manifests::edits(&report.findings);
            if edits.is_empty() {
                break;
            }
            rewrite(&edits, &mut files, &mut changed, &mut invocation.sources);
            (loaded, unreadable) = read(&files, &invocation.sources);
            report = manifests::check(&loaded, &invocation.sources, stack.as_ref(), namespace);
        }
        write(&files, &changed, invocation)?;
    }
    tell(arguments, &report, files.len(), invocation)?;
    let failed = unreadable.has_errors();
    invocation.report(unreadable);
    let least = if arguments.strict { Level::Warning } else { Level::Error };
    let faults = report.findings.iter().any(|f| f.ignored.is_none() && f.rule.level >= least);
    Ok(if failed || faults { Exit::Failure } else { Exit::Success })
}

fn tell(arguments: &Check, report: &Report, files: usize, invocation: &Invocation) -> Result<(), Diagnostic> {
    let sources = &invocation.sources;
    if let Some(path) = &arguments.sarif {
        let document = sarif::of_manifests(&report.findings, sources);
        std::fs::write(path, format!("{document:#}\n")).map_err(|error| unwritten(path, &error))?;
    }
    let on_stdin = arguments.paths.iter().any(|path| path.as_os_str() == "-");
    let text = if arguments.json {
        format!("{:#}\n", manifests_text::json(report, files, sources))
    } else {
        let shown = report.findings.iter().filter(|finding| finding.ignored.is_none());
        let findings: Vec<String> =
            shown.map(|finding| manifests_text::finding(finding, sources, &invocation.out)).collect();
        let gap = if findings.is_empty() { "" } else { "\n" };
        format!("{}{gap}{}", findings.join("\n"), manifests_text::summary(report, files))
    };
    if arguments.fix && on_stdin {
        // Standard output is the manifest.
        eprint!("{text}");
    } else {
        invocation.print(&text);
    }
    Ok(())
}

/// Makes the edits; what they make is read anew under the same name.
fn rewrite(
    edits: &BTreeMap<SourceId, Vec<manifests::Edit>>,
    files: &mut [File],
    changed: &mut BTreeMap<usize, String>,
    sources: &mut SourceMap,
) {
    for (at, file) in files.iter_mut().enumerate() {
        let Some((edits, source)) = edits.get(&file.source).zip(sources.get(file.source)) else { continue };
        let (name, text) = (source.name.clone(), manifests::apply(&source.text, edits));
        changed.insert(at, text.clone());
        file.source = sources.add(name, file.path.as_deref(), text);
    }
}

fn write(files: &[File], changed: &BTreeMap<usize, String>, invocation: &Invocation) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::new();
    for (at, file) in files.iter().enumerate() {
        match (&file.path, changed.get(&at)) {
            (Some(path), Some(text)) => match fmt::replace(path, text) {
                Ok(()) => eprintln!("Wrote {}", path.display()),
                Err(error) => found.push(unwritten(path, &error)),
            },
            (None, _) => invocation.print(invocation.sources.get(file.source).map_or("", |source| &source.text)),
            (Some(_), None) => {}
        }
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn render(arguments: &Render, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let files = gather(&arguments.paths, invocation)?;
    let Some(stack) = stack_of(&arguments.stack, invocation)? else {
        return Err(no_stack().into());
    };
    let rendered = manifests::rendered(&stack, arguments.service_account.as_deref());
    if rendered.accounts.is_empty() && rendered.left_out.is_empty() {
        let which = arguments.service_account.as_deref().map(|name| format!(" {name:?}")).unwrap_or_default();
        let detail = format!("No federated credential of the stack is for a service account{which}.");
        return Err(Diagnostic::error("No service account", detail).into());
    }
    let text = if arguments.helm_values {
        manifests::helm_values(&rendered.accounts)
    } else if arguments.kustomize {
        let (loaded, unreadable) = read(&files, &invocation.sources);
        if unreadable.has_errors() {
            return Err(unreadable);
        }
        manifests::kustomize(&rendered.accounts, &loaded, &invocation.sources, arguments.stack.namespace.as_deref())
    } else {
        manifests::service_accounts(&rendered.accounts)
    };
    if !rendered.accounts.is_empty() {
        invocation.print(&text);
    }
    if rendered.left_out.is_empty() {
        return Ok(Exit::Success);
    }
    let detail = format!("These are left out:\n\n  {}", rendered.left_out.join("\n  "));
    Err(Diagnostic::error("Service accounts that cannot be written", detail).into())
}

/// The stack that the flags name, or the present folder's.
fn stack_of(flags: &StackFlags, invocation: &mut Invocation) -> Result<Option<Stack>, Diagnostics> {
    Ok(world_of(flags, invocation)?.map(|world| Stack::of(&world)))
}

/// Everything that bears on access in it.
pub fn world_of(flags: &StackFlags, invocation: &mut Invocation) -> Result<Option<World>, Diagnostics> {
    let _ = flags.output;
    let here = PathBuf::from(".");
    let folder = match &flags.stack {
        Some(folder) => folder,
        None if has_configuration(&here) => &here,
        None => return Ok(None),
    };
    let (world, told) = surveyed::world(folder, &flags.variables, invocation)?;
    if told.has_errors() {
        let summaries: Vec<String> = told.iter().map(|d| format!("  {}", d.summary)).collect();
        eprintln!("The stack is known only in part, since Azure was not asked:\n{}\n", summaries.join("\n"));
    }
    Ok(Some(world))
}

/// What to say where a stack is needed.
pub fn no_stack() -> Diagnostic {
    let detail = "There is no configuration in the present folder. Name the folder of the stack: -stack=DIR.";
    Diagnostic::error("No stack", detail)
}

fn has_configuration(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.ends_with(".tf") || name.ends_with(".tf.json")
    })
}

/// Takes in the files that the paths name.
pub fn gather(paths: &[PathBuf], invocation: &mut Invocation) -> Result<Vec<File>, Diagnostics> {
    let mut found = Diagnostics::new();
    let mut names = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            names.push(None);
        } else if let Err(error) = collect(path, true, &mut names) {
            found.push(unreadable(&path.display().to_string(), &error));
        }
    }
    let mut files = Vec::new();
    for path in names {
        let name = path.as_ref().map_or_else(|| "<stdin>".to_owned(), |path| path.display().to_string());
        let mut text = String::new();
        let read = match &path {
            Some(path) => std::fs::read_to_string(path).map(|read| text = read),
            None => std::io::stdin().lock().read_to_string(&mut text).map(drop),
        };
        match read {
            Ok(()) => files.push(File { source: invocation.sources.add(name, path.as_deref(), text), path }),
            Err(error) => found.push(unreadable(&name, &error)),
        }
    }
    if found.is_empty() { Ok(files) } else { Err(found) }
}

/// A file that was named is read whatever it is called; below a folder, what is YAML or JSON.
fn collect(path: &Path, named: bool, files: &mut Vec<Option<PathBuf>>) -> std::io::Result<()> {
    let kind = if named { std::fs::metadata(path)? } else { std::fs::symlink_metadata(path)? };
    if kind.is_file() {
        let is_manifest = path.extension().is_some_and(|ending| ["yaml", "yml", "json"].iter().any(|e| ending == *e));
        if named || is_manifest {
            files.push(Some(path.to_path_buf()));
        }
        return Ok(());
    }
    if !kind.is_dir() {
        return Ok(());
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        let hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden {
            collect(&entry, false, files)?;
        }
    }
    Ok(())
}

/// Reads them; what cannot be read is told.
pub fn read(files: &[File], sources: &SourceMap) -> (Vec<Loaded>, Diagnostics) {
    let mut found = Diagnostics::new();
    let one = |file: &File| {
        let (loaded, told) = manifests::load(file.source, sources);
        found.extend(told);
        loaded
    };
    (files.iter().map(one).collect(), found)
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Unreadable file", format!("{name} cannot be read: {error}."))
}

fn unwritten(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("File not written", format!("{} cannot be written: {error}.", path.display()))
}
