//! `bowline migrate`: from what is no longer supported to what is.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use clap::{Args, Subcommand};

use super::flags::OutputFlags;
use super::in_cluster::ClusterFlags;
use super::invocation::Invocation;
use super::manifests::{self, StackFlags};
use super::{Exit, fmt, in_cluster};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::migrate::azurerm;
use crate::migrate::pod_identity::{self, Known, Principals};
use crate::provider::Principal;
use crate::report::migration_text;

/// Move what exists to what is supported
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bowline migrate azurerm\n  bowline migrate azurerm -write . modules/network\n  bowline migrate pod-identity -live -stack=infra -out=migration\n  bowline migrate pod-identity -stack=infra -out=migration cluster.yaml"
)]
pub enum Command {
    /// Rewrite a configuration for azurerm 2.x, 3.x or 4.x for 5.x
    Azurerm(Azurerm),
    /// Write what moves pods from pod identity, or from applications with secrets, to workload identity, in three stages
    PodIdentity(Box<PodIdentity>),
}

/// The arguments of `migrate azurerm`.
#[derive(Debug, Args)]
pub struct Azurerm {
    /// Write the files; without it the changes are only shown
    #[arg(long)]
    write: bool,
    /// Folders below too
    #[arg(long)]
    recursive: bool,
    #[command(flatten)]
    output: OutputFlags,
    /// Folders of modules; without any, the present one. The modules that they call by a path are rewritten too
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// The arguments of `migrate pod-identity`.
#[derive(Debug, Args)]
pub struct PodIdentity {
    /// Write the files of the stages below this folder; without it only the report is shown
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// A workload (NAMESPACE/NAME) whose library knows only the instance metadata service; may be repeated
    #[arg(long, value_name = "NAME")]
    proxy: Vec<String>,
    /// The object id of an application's service principal, where the directory is not asked or does not tell; may be repeated
    #[arg(long, value_name = "CLIENT-ID=OBJECT-ID", value_parser = principal)]
    principal: Vec<(String, Principal)>,
    #[command(flatten)]
    stack: StackFlags,
    #[command(flatten)]
    cluster: ClusterFlags,
    /// Files and folders with the cluster's objects, "-" for standard input: what kubectl get -o yaml prints, or the manifests
    #[arg(required_unless_present_any = ["live", "kubeconfig"], value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Runs one of them.
pub fn run(command: &Command, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    match command {
        Command::Azurerm(arguments) => azurerm(arguments, invocation),
        Command::PodIdentity(arguments) => to_workload_identity(arguments, invocation),
    }
}

fn azurerm(arguments: &Azurerm, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let _ = arguments.output;
    let mut left: Vec<PathBuf> = arguments.folders.iter().rev().cloned().collect();
    if left.is_empty() {
        left.push(PathBuf::from("."));
    }
    let (mut count, mut by_hand) = (0, Diagnostics::new());
    let mut seen = BTreeSet::new();
    while let Some(folder) = left.pop() {
        let mut modules = Vec::new();
        modules_in(&folder, arguments.recursive, &mut modules)
            .map_err(|error| unreadable(&folder.display().to_string(), &error))?;
        for (folder, files) in modules {
            if !seen.insert(plain(&folder)) {
                continue;
            }
            let done = module(&files, arguments.write, invocation)?;
            count += done.changes;
            by_hand.extend(done.by_hand);
            // Modules that are called are of the stack.
            left.extend(done.called.iter().rev().map(|called| plain(&folder.join(called))));
        }
    }
    let left = by_hand.len();
    invocation.report(by_hand);
    let verb = if arguments.write { "made" } else { "to make" };
    invocation.print_line(&format!("{count} changes {verb}, {left} left to a person."));
    if arguments.write && count > 0 {
        invocation.print_line(
            "Now \"bowline plan -detailed-exitcode\" must tell that there are no changes: that is the proof. An argument whose meaning a \
             person has to decide, or one that was no longer as recorded, shows there.",
        );
    }
    Ok(Exit::Success)
}

fn to_workload_identity(arguments: &PodIdentity, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let mut files = manifests::gather(&arguments.paths, invocation)?;
    let (mut live, mut unknown) = (None, Vec::new());
    let mut principals = Principals::new();
    if arguments.cluster.is_given() {
        let asked = in_cluster::ask(&arguments.cluster, &arguments.stack, invocation)?;
        files.push(manifests::File::of_text(asked.name, asked.objects, &mut invocation.sources));
        live = asked.world;
        unknown = asked.unknown;
        principals = asked.principals;
    }
    principals.extend(arguments.principal.iter().cloned());
    let world = match live {
        Some(world) => world,
        None => manifests::world_of(&arguments.stack, invocation)?.ok_or_else(manifests::no_stack)?,
    };
    let (loaded, unreadable) = manifests::read(&files, &invocation.sources);
    if unreadable.has_errors() {
        // A cluster that is known only in part would be moved only in part.
        return Err(unreadable);
    }
    let survey = crate::manifests::survey(&loaded, &invocation.sources, arguments.stack.namespace());
    let known = Known { survey: &survey, world: &world, proxied: &arguments.proxy, principals: &principals };
    let mut migration = pod_identity::plan(known);
    migration.open.extend(unknown);
    invocation.print(&migration_text::report(&migration));
    let Some(out) = &arguments.out else { return Ok(Exit::Success) };
    for (name, text) in pod_identity::write(&migration) {
        let path = out.join(name);
        let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| {
            Diagnostic::error("File not written", format!("{} cannot be written: {error}.", path.display()))
        })?;
    }
    invocation.print_line(&format!("\nWrote the stages to {}: begin with its README.md.", out.display()));
    Ok(Exit::Success)
}

/// `CLIENT-ID=OBJECT-ID`
fn principal(text: &str) -> Result<(String, Principal), String> {
    let (client, object) = text.split_once('=').ok_or("write it as CLIENT-ID=OBJECT-ID")?;
    let is_id = |id: &str| id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if !is_id(client) || !is_id(object) {
        return Err("both are ids such as 00000000-0000-0000-0000-000000000000".to_owned());
    }
    Ok((client.to_ascii_lowercase(), Principal { object: object.to_owned(), name: None }))
}

/// What rewriting a module came to.
struct Done {
    changes: usize,
    /// What a person has to decide.
    by_hand: Diagnostics,
    /// The folders of the modules that it calls by a path.
    called: Vec<String>,
}

/// Rewrites the files of one module.
fn module(files: &[PathBuf], write: bool, invocation: &mut Invocation) -> Result<Done, Diagnostics> {
    let mut ids = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&name, &error))?;
        ids.push(invocation.sources.add(name, Some(path), text));
    }
    let called = azurerm::called_folders(&ids, &invocation.sources).into_iter().map(|(_, folder)| folder).collect();
    let (rewritten, by_hand) = azurerm::rewrite(&ids, &invocation.sources);
    if by_hand.has_errors() {
        return Err(by_hand);
    }
    let mut changes = 0;
    for file in rewritten {
        let Some(source) = invocation.sources.get(file.source) else { continue };
        changes += file.changes.len();
        for (span, what) in &file.changes {
            let line = source.position(span.start as usize).line;
            invocation.print_line(&format!("{}:{line}: {what}", source.name));
        }
        if !write {
            invocation.print(&format!("\n{}\n", fmt::difference(Path::new(&source.name), &source.text, &file.text)));
        } else if let Some(path) = &source.path {
            fmt::replace(path, &file.text).map_err(|error| {
                Diagnostic::error("File not written", format!("{} cannot be written: {error}.", path.display()))
            })?;
        }
    }
    Ok(Done { changes, by_hand, called })
}

/// A folder and the configuration files in it.
type Module = (PathBuf, Vec<PathBuf>);

/// The modules of a folder, and of those below when that is asked for.
fn modules_in(folder: &Path, recursive: bool, modules: &mut Vec<Module>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    let visible = |path: &Path| path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.'));
    let (folders, files): (Vec<_>, Vec<_>) =
        entries.iter().filter(|e| visible(e)).map(|path| plain(path)).partition(|e| e.is_dir());
    let files = files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "tf")).collect();
    modules.push((folder.to_path_buf(), files));
    if recursive {
        for folder in folders {
            modules_in(&folder, true, modules)?;
        }
    }
    Ok(())
}

/// A path without steps that lead nowhere: `./a/b/../c` is `a/c`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Unreadable file", format!("{name} cannot be read: {error}."))
}
