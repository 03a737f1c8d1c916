//! Programs from the Python registry, each in an environment of its own below the build's folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::found;

/// The environment's folder of programs, with a package installed; why it cannot be had, else.
pub fn installed(name: &str, requirement: &str) -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Written last, so that an installation that was cut off is begun again.
    let mark = folder.join("installed");
    let programs = folder.join("bin");
    if mark.is_file() {
        return Ok(programs);
    }
    let python = found("python3").ok_or("there is no python3")?;
    run(&python, &["-m", "venv", &folder.to_string_lossy()])?;
    run(&programs.join("pip"), &["install", "--quiet", requirement])?;
    std::fs::write(&mark, requirement).map_err(|error| error.to_string())?;
    Ok(programs)
}

fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
