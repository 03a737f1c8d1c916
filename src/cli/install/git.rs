//! Packages in git repositories, fetched by the system's git: its credentials and settings hold.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::config::GitModule;
use crate::diagnostic::Diagnostic;

/// Clones a repository into an empty folder and leaves the files of its revision there.
pub fn clone(module: &GitModule, target: &Path) -> Result<(), Diagnostic> {
    let folder = target.to_string_lossy().into_owned();
    run(module, &["clone", "--quiet", "--", &module.url, &folder])?;
    if let Some(revision) = &module.revision {
        if revision.starts_with('-') {
            return Err(failed(module, "a revision cannot begin with a dash"));
        }
        run(module, &["-C", &folder, "checkout", "--quiet", "--detach", &format!("origin/{revision}")])
            .or_else(|_| run(module, &["-C", &folder, "checkout", "--quiet", "--detach", revision]))?;
    }
    run(module, &["-C", &folder, "submodule", "--quiet", "update", "--init", "--recursive"])?;
    std::fs::remove_dir_all(target.join(".git")).map_err(|error| failed(module, &error.to_string()))
}

fn run(module: &GitModule, arguments: &[&str]) -> Result<(), Diagnostic> {
    let output = Command::new("git")
        .args(arguments)
        // Nobody can be asked for a password.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(module, &format!("git cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(module, String::from_utf8_lossy(&output.stderr).trim()))
}

fn failed(module: &GitModule, why: &str) -> Diagnostic {
    let revision = module.revision.as_ref().map(|r| format!(" at {r}")).unwrap_or_default();
    let detail = format!("The repository {}{revision} could not be fetched: {why}.", without_password(&module.url));
    Diagnostic::error("Failed to download module", detail)
}

/// An address without what stands before the host and may be a secret.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme && url[scheme + 3..at].contains(':') => {
            format!("{}://{}", &url[..scheme], &url[at + 1..])
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]);
        assert!(command.args(arguments).current_dir(folder).output().unwrap().status.success(), "{arguments:?}");
    }

    #[test]
    fn a_revision_is_checked_out_and_a_missing_one_told() {
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("r");
        std::fs::create_dir(&repository).unwrap();
        git(&repository, &["init", "--quiet"]);
        for text in ["one", "two"] {
            std::fs::write(repository.join("main.tf"), text).unwrap();
            git(&repository, &["add", "main.tf"]);
            git(&repository, &["commit", "--quiet", "-m", text]);
            git(&repository, &["tag", text]);
        }
        let url = format!("file://{}", repository.display());
        for (revision, text) in [(None, "two"), (Some("one"), "one")] {
            let target = folder.path().join(text);
            std::fs::create_dir(&target).unwrap();
            clone(&GitModule { url: url.clone(), revision: revision.map(str::to_owned), folder: None }, &target)
                .unwrap();
            assert_eq!(std::fs::read_to_string(target.join("main.tf")).unwrap(), text);
            assert!(!target.join(".git").exists());
        }
        let target = folder.path().join("none");
        std::fs::create_dir(&target).unwrap();
        let missing = GitModule { url, revision: Some("nope".into()), folder: None };
        assert_eq!(clone(&missing, &target).unwrap_err().summary, "Failed to download module");
    }

    #[test]
    fn a_password_is_not_told() {
        assert_eq!(without_password("https://u:p@h/r.git"), "https://h/r.git");
        assert_eq!(without_password("git@h:o/r.git"), "git@h:o/r.git");
    }
}
