//! What integrations/ offers, run as its hosts run it: the scripts inside the GitHub Action and the Azure Pipelines
//! template with the program on the path, the simulator for Azure, and `gh`, `az` and `curl` that note what they are
//! given.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workplace::Workplace;

/// Where a host runs steps.
struct Host {
    workplace: Workplace,
    folder: tempfile::TempDir,
}

impl Host {
    fn of_payments() -> Self {
        let root = root();
        let workplace = Workplace::with_modules(&root.join("examples/payments"), &root.join("modules"));
        let host = Self { workplace, folder: tempfile::tempdir().unwrap() };
        fs::create_dir(host.path("bin")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bowline"), host.path("bin/bowline")).unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program on the path that runs this script.
    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/bash\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a step's script in the stack's folder; its exit code, and what it printed.
    fn run(&self, script: &str, environment: &[(&str, &str)]) -> (i32, String) {
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let output = Command::new("bash")
            .env_clear()
            .env("HOME", self.folder.path())
            .env("NO_COLOR", "1")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script])
            .env("PATH", path)
            .env("OUT", self.folder.path())
            .envs(environment.iter().copied())
            .current_dir(self.workplace.root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code().unwrap_or(-1), text)
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// The scripts in a file of YAML: the texts of its block scalars below `key`, in order.
fn scripts(file: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("integrations").join(file)).unwrap();
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    let indent = |line: &str| line.len() - line.trim_start().len();
    while let Some(line) = lines.next() {
        if line.trim().trim_start_matches("- ") != format!("{key}: |") {
            continue;
        }
        let outer = line.len() - line.trim_start_matches([' ', '-']).len();
        let mut script = String::new();
        let inner = lines.peek().map_or(0, |line| indent(line));
        while let Some(line) = lines.next_if(|line| line.trim().is_empty() || indent(line) > outer) {
            script += &format!("{}\n", line.get(inner..).unwrap_or_default());
        }
        found.push(script);
    }
    assert!(!found.is_empty(), "{file} has no {key}");
    found
}

#[test]
fn the_github_action_plans_and_comments() {
    let host = Host::of_payments();
    host.program("gh", "printf '%s\\n' \"$*\" >> \"$OUT/gh.txt\"\n[[ \"$*\" != *--edit-last* ]]");
    let steps = scripts("github-action/action.yml", "run");
    let temporary = host.folder.path().to_string_lossy().into_owned();
    let outputs = host.path("outputs").to_string_lossy().into_owned();
    let plan = |arguments: &str| {
        let environment =
            [("RUNNER_TEMP", &*temporary), ("GITHUB_OUTPUT", &*outputs), ("CHECKS", "warn"), ("ARGUMENTS", arguments)];
        host.run(&steps[0], &environment)
    };
    let (code, text) = plan("--simulate");
    assert_eq!(code, 0, "{text}");
    assert_eq!(host.file("outputs"), "exitcode=2\n");
    assert!(text.contains("Plan: 44 to add, 0 to change, 0 to destroy."), "{text}");
    assert!(host.file("plan.html").contains("Access changes"));
    assert!(host.file("findings.sarif").contains("sarif-2.1.0.json"), "{}", host.file("findings.sarif"));

    let environment = [
        ("RUNNER_TEMP", &*temporary),
        ("NUMBER", "7"),
        ("FOLDER", "stacks/payments"),
        ("GITHUB_REPOSITORY", "team/stacks"),
    ];
    let (code, text) = host.run(&steps[1], &environment);
    assert_eq!(code, 0, "{text}");
    let asked = host.file("gh.txt");
    assert_eq!(asked.lines().count(), 2, "where there is no comment to change, one is made: {asked}");
    assert!(asked.starts_with("pr comment 7 --repo team/stacks --body-file"), "{asked}");
    let comment = host.file("comment.md");
    assert!(comment.starts_with("### Bowline plan of `stacks/payments`\n\n````\n"), "{comment}");
    assert!(comment.contains("Access changes:\n") && comment.trim_end().ends_with("````"), "{comment}");

    let (code, text) = plan("--simulate -var environment=nowhere");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("The environment must be dev, test or prod."), "{text}");
}

#[test]
fn the_azure_pipelines_template_plans_and_comments() {
    let host = Host::of_payments();
    host.program("az", "echo 11111111-1111-4111-8111-111111111111");
    host.program("curl", "cat > \"$OUT/posted.json\"\nprintf '%s\\n' \"$@\" > \"$OUT/curl.txt\"");
    let temporary = host.folder.path().to_string_lossy().into_owned();
    let filled = |script: &str| {
        let parameters = [("folder", "stacks/payments"), ("checks", "warn"), ("arguments", "--simulate")];
        let mut script = script.replace("$(Agent.TempDirectory)", &temporary);
        for (name, value) in parameters {
            script = script.replace(&format!("${{{{ parameters.{name} }}}}"), value);
        }
        for (name, value) in [
            ("System.CollectionUri", "https://dev.azure.com/team/"),
            ("System.TeamProject", "pay"),
            ("Build.Repository.ID", "r1"),
            ("System.PullRequest.PullRequestId", "7"),
        ] {
            script = script.replace(&format!("$({name})"), value);
        }
        assert!(!script.contains("${{") && !script.contains("$(System"), "{script}");
        script
    };
    let plan = &scripts("azure-pipelines/plan.yml", "inlineScript")[0];
    let signed_in = [("servicePrincipalId", "app"), ("tenantId", "t"), ("idToken", "token")];
    let (code, text) = host.run(&filled(plan), &signed_in);
    assert_eq!(code, 0, "{text}");
    assert!(host.file("plan.txt").contains("Plan: 44 to add, 0 to change, 0 to destroy."));
    assert!(host.path("plan.html").is_file() && host.path("plan.out").is_file());

    let comment = &scripts("azure-pipelines/plan.yml", "bash")[0];
    let (code, text) = host.run(&filled(comment), &[("SYSTEM_ACCESSTOKEN", "secret")]);
    assert_eq!(code, 0, "{text}");
    let posted: serde_json::Value = serde_json::from_str(&host.file("posted.json")).unwrap();
    let content = posted["comments"][0]["content"].as_str().unwrap();
    assert!(content.starts_with("### Bowline plan of `stacks/payments`") && content.contains("Access changes:"));
    let url = "https://dev.azure.com/team/pay/_apis/git/repositories/r1/pullRequests/7/threads?api-version=7.1";
    assert!(host.file("curl.txt").lines().any(|line| line == url), "{}", host.file("curl.txt"));
}

#[test]
fn the_hook_validates_each_folder_of_a_commit() {
    let host = Host::of_payments();
    let hook = fs::read_to_string(root().join("integrations/pre-commit/validate")).unwrap();
    host.program("validate", hook.split_once('\n').unwrap().1);
    let (code, text) = host.run("bowline init > /dev/null && validate main.tf variables.tf", &[]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(text.matches("The configuration is valid").count(), 1, "{text}");
    host.workplace.write("other/main.tf", "output \"a\" {\n  value = var.gone\n}\n");
    let (code, text) = host.run("validate main.tf other/main.tf", &[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("in other\n") && text.contains("Reference to undeclared input variable"), "{text}");
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    for entry in hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: ")) {
        let is_there = entry.starts_with("bowline ") || root().join(entry).is_file();
        assert!(is_there, "{entry}");
    }
}

/// `bowline docs` says of each kind what its table says.
#[test]
fn the_reference_of_kinds_is_written_from_the_tables() {
    let host = Host::of_payments();
    let (code, text) = host.run("bowline docs kinds reference", &[]);
    assert_eq!(code, 0, "{text}");
    let pages = |name: &str| fs::read_to_string(host.workplace.root().join("reference").join(name)).unwrap();
    let index = pages("README.md");
    let told: usize = text.split(' ').next().unwrap().parse().unwrap();
    assert_eq!(index.matches("](").count(), told);
    let page = pages("azurerm_role_assignment.md");
    for part in ["azurerm_role_assignment", "`principal_id`", "required", "The role's name."] {
        assert!(page.contains(part), "{part} is missing in:\n{page}");
    }
    let (code, text) = host.run("bowline docs man pages && ls pages/bowline-plan.1", &[]);
    assert_eq!(code, 0, "{text}");
}
