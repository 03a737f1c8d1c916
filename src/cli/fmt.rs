//! `bowline fmt`

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::Exit;
use super::flags::{OutputFlags, parse_bool};
use super::invocation::Invocation;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::{self, fmt};

/// Bring configuration files into the canonical layout
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // Terraform's flags, independent of one another.
pub struct Arguments {
    /// Name the files whose layout differs
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    list: bool,
    /// Write the files
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "true", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    write: bool,
    /// Show what changes
    #[arg(long)]
    diff: bool,
    /// Write nothing; the exit status is 3 when a file's layout differs
    #[arg(long)]
    check: bool,
    /// Folders below too
    #[arg(long)]
    recursive: bool,
    #[command(flatten)]
    output: OutputFlags,
    /// Files or folders; "-" reads standard input; without any, the present folder
    targets: Vec<PathBuf>,
}

/// Formats them. What cannot be formatted ends it with a status of its own, as in Terraform.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    Ok(format(arguments, invocation).unwrap_or_else(|found| {
        invocation.report(found);
        Exit::Unreadable
    }))
}

fn format(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    if arguments.targets.iter().any(|target| target.as_os_str() == "-") {
        return standard_input(arguments, invocation);
    }
    let here = [PathBuf::from(".")];
    let targets = if arguments.targets.is_empty() { &here[..] } else { &arguments.targets };
    let mut files = Vec::new();
    for target in targets {
        collect(target, arguments.recursive, &mut files).map_err(|error| unreadable(target, &error))?;
    }
    let mut found = Diagnostics::new();
    let mut differing = false;
    for path in files {
        match file(&path, arguments, invocation) {
            Ok(differs) => differing |= differs,
            Err(problems) => found.extend(problems),
        }
    }
    if found.has_errors() {
        return Err(found);
    }
    Ok(if arguments.check && differing { Exit::Unformatted } else { Exit::Success })
}

fn standard_input(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let mut text = String::new();
    let path = Path::new("<stdin>");
    std::io::stdin().lock().read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
    let formatted = formatted(path, &text, invocation)?;
    if arguments.check {
        return Ok(if formatted == text { Exit::Success } else { Exit::Unformatted });
    }
    if arguments.diff {
        invocation.print(&difference(path, &text, &formatted));
    } else {
        // What is printed ends a line, whether or not the text does.
        invocation.print_line(formatted.strip_suffix('\n').unwrap_or(&formatted));
    }
    Ok(Exit::Success)
}

/// Formats one file and tells whether its layout differed.
fn file(path: &Path, arguments: &Arguments, invocation: &mut Invocation) -> Result<bool, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let formatted = formatted(path, &text, invocation)?;
    if formatted == text {
        return Ok(false);
    }
    if arguments.list {
        invocation.print_line(&path.display().to_string());
    }
    if arguments.write && !arguments.check {
        replace(path, &formatted).map_err(|error| {
            Diagnostic::error("File not written", format!("{} cannot be written: {error}.", path.display()))
        })?;
    }
    if arguments.diff {
        invocation.print(&difference(path, &text, &formatted));
    }
    Ok(true)
}

/// A file with errors is refused, since its brackets say nothing reliable about its layout.
fn formatted(path: &Path, text: &str, invocation: &mut Invocation) -> Result<String, Diagnostics> {
    let source = invocation.sources.add(path.display().to_string(), Some(path), text);
    let (body, found) = syntax::parse(source, text);
    if found.has_errors() { Err(found) } else { Ok(fmt::format(text, &body)) }
}

fn collect(target: &Path, recursive: bool, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !target.is_dir() {
        std::fs::metadata(target)?;
        if !is_configuration(target) {
            return Err(std::io::Error::other("it is none of .tf, .tfvars, .tofu, .tftest.hcl and .tfmock.hcl"));
        }
        files.push(target.to_path_buf());
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(target)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for path in entries {
        let path = path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path);
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && recursive && !hidden {
            collect(&path, recursive, files)?;
        } else if path.is_file() && !hidden && is_configuration(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_configuration(path: &Path) -> bool {
    let name = path.to_string_lossy();
    [".tf", ".tfvars", ".tofu", ".tftest.hcl", ".tfmock.hcl"].iter().any(|ending| name.ends_with(ending))
}

/// Writes through a temporary file, so that a crash leaves one version or the other.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let permissions = std::fs::metadata(path)?.permissions();
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

pub fn difference(path: &Path, before: &str, after: &str) -> String {
    let path = path.display();
    let diff = similar::TextDiff::from_lines(before, after);
    diff.unified_diff().header(&format!("old/{path}"), &format!("new/{path}")).to_string()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Unreadable file", format!("{} cannot be read: {error}.", path.display()))
}
