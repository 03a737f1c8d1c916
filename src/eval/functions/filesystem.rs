//! Files and paths, with slashes as separators.

use std::fmt;
use std::fs::{File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use globset::{GlobBuilder, GlobMatcher};

use super::string::{render, shown, text};
use super::{Arguments, Function, FunctionError, Param, Returns, Takes, Template};
use crate::value::{Type, Value};

const STRING: Returns = Returns::Always(Takes::String);
const PATH: Param = Param::string("path");
/// A folder deeper than this below the start of a search is taken for a loop of links.
const MAX_DEPTH: usize = 64;

pub(super) const TABLE: &[Function] = &[
    Function::new("abspath", &[PATH], STRING, |a| {
        let path = a.cx.folder.join(a.text(0)?);
        text(cleaned(&slashed(&path)))
    }),
    Function::new("basename", &[PATH], STRING, |a| text(basename(a.text(0)?))),
    Function::new("dirname", &[PATH], STRING, |a| text(dirname(a.text(0)?))),
    Function::new("file", &[PATH], STRING, |a| text(read_text(a)?)),
    Function::new("filebase64", &[PATH], STRING, |a| text(STANDARD.encode(read(a)?))),
    Function::new("fileexists", &[PATH], Returns::Always(Takes::Bool), exists),
    Function::new("fileset", &[PATH, Param::string("pattern")], Returns::Always(Takes::SetOfStrings), fileset),
    Function::new("pathexpand", &[PATH], STRING, |a| text(slashed(&expanded(a.text(0)?)?))),
    Function::new("templatefile", &[PATH, Param::any("vars")], Returns::Always(Takes::Any), |a| {
        let text = read_text(a)?;
        render(a, &Template { function: "templatefile", name: a.text(0)?, text: &text })
    })
    .or_null(),
];

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// The bytes of the file that the first argument names, for functions that do not blame the argument.
pub(super) fn contents(a: &Arguments) -> Result<Vec<u8>, FunctionError> {
    bytes(a).map_err(|fault| fault.to_string().into())
}

/// The bytes of the file that the first argument names.
fn read(a: &Arguments) -> Result<Vec<u8>, FunctionError> {
    bytes(a).map_err(|fault| {
        let given = a.text(0).unwrap_or_default();
        let message = match &fault {
            Fault::Open(_, e) if e.kind() == ErrorKind::NotFound => format!(
                "no file exists at {}; this function works only with files that are distributed as part of the \
                 configuration source code, so if this file will be created by a resource in this configuration you \
                 must instead obtain this result from an attribute of that resource",
                shown(given, a.marks)
            ),
            Fault::Open(..) | Fault::Home(_) => fault.to_string(),
            Fault::Read(..) => format!("failed to read file: {fault}"),
        };
        FunctionError::at(0, message)
    })
}

/// Why there are no bytes, each with the path as it was tried.
enum Fault {
    Home(FunctionError),
    Open(String, io::Error),
    Read(String, io::Error),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Home(error) => error.fmt(f),
            Self::Open(path, error) => write!(f, "open {path}: {}", reason(error)),
            Self::Read(path, error) => write!(f, "read {path}: {}", reason(error)),
        }
    }
}

/// The system's word for a fault, in lower case and without its number.
fn reason(error: &io::Error) -> String {
    let text = match error.kind() {
        ErrorKind::InvalidInput => "invalid argument".to_owned(),
        _ => error.to_string(),
    };
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

fn bytes(a: &Arguments) -> Result<Vec<u8>, Fault> {
    let tried = expanded(a.text(0).map_err(Fault::Home)?).map_err(Fault::Home)?;
    let named = named(a, &tried);
    let mut file = match File::open(a.cx.folder.join(&tried)) {
        Ok(file) => file,
        Err(error) => return Err(Fault::Open(named, error)),
    };
    let mut bytes = Vec::new();
    match file.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Fault::Read(named, error)),
    }
}

/// A path for a message, unless it must not be shown.
fn named(a: &Arguments, path: &Path) -> String {
    let path = cleaned(&slashed(path));
    if a.marks.is_empty() { path } else { shown(&path, a.marks) }
}

fn read_text(a: &Arguments) -> Result<String, FunctionError> {
    let bytes = read(a)?;
    let given = a.text(0)?;
    String::from_utf8(bytes).map_err(|_| {
        let advice = "use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead";
        FunctionError::from(format!("contents of {} are not valid UTF-8; {advice}", shown(given, a.marks)))
    })
}

/// Where a path leads: `~` is the home folder, and what is relative starts at the working folder.
fn located(a: &Arguments, given: &str) -> Result<PathBuf, FunctionError> {
    Ok(a.cx.folder.join(expanded(given)?))
}

fn expanded(given: &str) -> Result<PathBuf, FunctionError> {
    let Some(rest) = given.strip_prefix('~') else { return Ok(given.into()) };
    if !rest.is_empty() && !rest.starts_with(['/', '\\']) {
        return Err("cannot expand user-specific home dir".into());
    }
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let home = home.ok_or("the home folder is not known")?;
    Ok(if rest.is_empty() { home } else { home.join(rest.trim_start_matches(['/', '\\'])) })
}

fn exists(a: &Arguments) -> Result<Value, FunctionError> {
    let tried = expanded(a.text(0)?)?;
    let path = shown(&cleaned(&slashed(&tried)), a.marks);
    let found = match std::fs::metadata(a.cx.folder.join(&tried)) {
        Ok(found) => found.file_type(),
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Value::bool(false)),
        Err(_) => return Err(format!("failed to stat {path}").into()),
    };
    match kind_of(found) {
        None => Ok(Value::bool(true)),
        Some("directory") => Err(format!("{path} is a directory, not a file").into()),
        Some(kind) => Err(format!("{path} is a {kind}, not a regular file").into()),
    }
}

/// What an entry is that is no regular file.
fn kind_of(found: FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            return Some("named pipe");
        }
        if found.is_socket() {
            return Some("unix domain socket");
        }
    }
    match (found.is_file(), found.is_dir()) {
        (true, _) => None,
        (_, true) => Some("directory"),
        _ => Some("device node"),
    }
}

/// The regular files below a folder that match a pattern, as paths relative to it.
fn fileset(a: &Arguments) -> Result<Value, FunctionError> {
    let (mut folder, pattern) = (located(a, a.text(0)?)?, a.text(1)?);
    let given = a.text(0)?;
    let below = if given.is_empty() { cleaned(pattern) } else { cleaned(&format!("{given}/{pattern}")) };
    let climb = Climb::of(&cleaned(given), &below);
    folder.extend(std::iter::repeat_n("..", climb.left.len()));
    let refused = |why: &str| FunctionError::from(format!("failed to glob pattern {}: {why}", shown(&below, a.marks)));
    let cleaned_pattern = &climb.pattern;
    let glob = |pattern: &str| {
        GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).empty_alternates(true).build()
    };
    let Ok(matcher) = glob(cleaned_pattern).map(|glob| glob.compile_matcher()) else {
        // Only where there is a folder to look through is its part of the pattern ever read.
        let mut looked_through = folder;
        let sound = cleaned_pattern.split('/').take_while(|part| glob(part).is_ok());
        sound.for_each(|part| looked_through.push(part));
        return if looked_through.is_dir() {
            Err(refused("syntax error in pattern"))
        } else {
            Ok(Value::set(Type::String, Vec::new()))
        };
    };
    if pattern.is_empty() && folder.is_file() {
        // What is there and no folder is matched by nothing, as itself.
        return Ok(Value::set(Type::String, vec![Value::string(".")]));
    }
    // A pattern without `**` reaches only as deep as it has parts.
    let depth = if cleaned_pattern.contains("**") { MAX_DEPTH } else { cleaned_pattern.matches('/').count() };
    let mut found = Vec::new();
    search(&folder, "", depth, &matcher, &mut found);
    Ok(Value::set(Type::String, found.iter().map(|path| Value::string(climb.back(path))).collect()))
}

/// How a pattern with `..` at its start leaves the folder that it is given for.
struct Climb {
    /// The folders that are left, the outermost first.
    left: Vec<String>,
    /// The pattern from there.
    pattern: String,
}

impl Climb {
    /// From a folder to a pattern, both without detours.
    fn of(folder: &str, pattern: &str) -> Self {
        let parts = |path: &str| path.split('/').filter(|part| *part != ".").map(str::to_owned).collect::<Vec<_>>();
        let (from, to) = (parts(folder), parts(pattern));
        let shared = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
        let left = from.get(shared..).unwrap_or_default().to_vec();
        Self { left, pattern: to.get(shared..).unwrap_or_default().join("/") }
    }

    /// A path that was found, as seen from the folder.
    fn back(&self, path: &str) -> String {
        let into = self.left.iter().zip(path.split('/')).take_while(|(left, part)| left == part).count();
        let rest = path.splitn(into + 1, '/').last().unwrap_or_default();
        "../".repeat(self.left.len() - into) + rest
    }
}

/// Folders that cannot be read are passed over.
fn search(folder: &Path, prefix: &str, depth: usize, matcher: &GlobMatcher, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let relative = format!("{prefix}{name}");
        let Ok(metadata) = std::fs::metadata(entry.path()) else { continue };
        if metadata.is_dir() && depth > 0 {
            search(&entry.path(), &format!("{relative}/"), depth - 1, matcher, found);
        } else if metadata.is_file() && matcher.is_match(&relative) {
            found.push(relative);
        }
    }
}

/// The shortest path of the same meaning: no `.`, no doubled slash, `..` taken back where that can be.
pub(super) fn cleaned(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", None) if rooted => {}
            _ => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, joined) => format!("/{joined}"),
        (false, joined) if joined.is_empty() => ".".into(),
        (false, joined) => joined,
    }
}

fn basename(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return "/";
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

fn dirname(path: &str) -> String {
    let end = path.rfind('/').map_or(0, |at| at + 1);
    cleaned(path.get(..end).unwrap_or_default())
}
