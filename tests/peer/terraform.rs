//! One state, two tools: each reads what the other wrote, and neither finds anything to do.

use std::path::PathBuf;

use crate::{Place, Ran, found, skipped};

/// Terraform, when it is installed.
pub fn program() -> Option<PathBuf> {
    found("terraform")
}

const STACK: &str = r#"
variable "word" {
  type    = string
  default = "one"
}

resource "terraform_data" "first" {
  input = { word = var.word, list = [1, 2.5, true, null] }
}

resource "terraform_data" "many" {
  for_each         = toset(["a", "b"])
  input            = terraform_data.first.output.word
  triggers_replace = [each.key]
}

resource "terraform_data" "counted" {
  count = 2
  input = count.index
}

output "word" {
  value = terraform_data.first.output.word
}
"#;

/// Runs a test with Terraform, or says that there is none.
fn with_terraform(what: &str, test: impl FnOnce(&Place)) {
    if program().is_none() {
        return skipped(what, "no terraform on PATH");
    }
    let place = Place::new(STACK);
    place.terraform(&["init"]).well();
    place.bowline(&["init"]).well();
    test(&place);
}

/// A pulled state; Terraform ends it with one more line.
fn pulled(ran: Ran) -> String {
    ran.well().trim_end().to_owned()
}

#[test]
fn what_one_applies_the_other_has_nothing_to_do_about() {
    with_terraform("states that both tools write", |place| {
        place.bowline(&["apply", "-auto-approve"]).well();
        let plan = place.terraform(&["plan", "-detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{}", plan.text);
        place.terraform(&["apply", "-auto-approve", "-var", "word=two"]).well();
        let plan = place.bowline(&["plan", "-detailed-exitcode", "-var", "word=two"]);
        assert_eq!(plan.code, 0, "{}", plan.text);
        place.bowline(&["destroy", "-auto-approve"]).well();
        assert_eq!(place.terraform(&["state", "list"]).well(), "");
    });
}

#[test]
fn both_tools_list_pull_and_move_the_same() {
    with_terraform("state commands of both tools", |place| {
        place.terraform(&["apply", "-auto-approve"]).well();
        let listed = place.terraform(&["state", "list"]).well();
        assert_eq!(place.bowline(&["state", "list"]).well(), listed);
        assert_eq!(pulled(place.bowline(&["state", "pull"])), pulled(place.terraform(&["state", "pull"])));
        assert_eq!(
            place.bowline(&["output", "-raw", "word"]).well(),
            place.terraform(&["output", "-raw", "word"]).well()
        );
        place.bowline(&["state", "mv", "terraform_data.counted[1]", "terraform_data.counted[7]"]).well();
        place.terraform(&["state", "mv", "terraform_data.counted[0]", "terraform_data.counted[8]"]).well();
        place.bowline(&["state", "rm", "terraform_data.first"]).well();
        place.terraform(&["taint", "terraform_data.many[\"a\"]"]).well();
        place.bowline(&["taint", "terraform_data.many[\"b\"]"]).well();
        let listed = place.terraform(&["state", "list"]).well();
        assert_eq!(place.bowline(&["state", "list"]).well(), listed);
        assert!(
            listed.contains("counted[7]") && listed.contains("counted[8]") && !listed.contains("first"),
            "{listed}"
        );
        assert_eq!(pulled(place.bowline(&["state", "pull"])), pulled(place.terraform(&["state", "pull"])));
        place.terraform(&["untaint", "terraform_data.many[\"b\"]"]).well();
        place.bowline(&["untaint", "terraform_data.many[\"a\"]"]).well();
        assert!(!place.terraform(&["state", "pull"]).well().contains("tainted"));
    });
}

#[test]
fn each_tool_keeps_off_while_the_other_is_at_work() {
    with_terraform("locks of both tools", |place| {
        // A provisioner of Terraform waits for a file, so that its lock is held until we let go.
        place.write(
            "main.tf",
            "resource \"terraform_data\" \"slow\" {\n  provisioner \"local-exec\" {\n    command = \"touch begun; while [ ! -e \
             go ]; do sleep 0.05; done\"\n  }\n}\n",
        );
        let program = program().unwrap();
        let mut running =
            place.command(&program, &["apply", "-auto-approve"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        while !place.path().join("begun").exists() {
            assert!(running.try_wait().unwrap().is_none(), "terraform ended before it had begun");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        place.write("other.tf", "");
        let refused = place.bowline(&["state", "rm", "terraform_data.slow"]);
        place.write("go", "");
        assert!(running.wait().unwrap().success());
        assert_eq!(refused.code, 1, "{}", refused.text);
        assert!(refused.text.contains("Error acquiring the state lock"), "{}", refused.text);
        assert!(refused.text.contains("OperationTypeApply"), "{}", refused.text);
        place.bowline(&["state", "rm", "terraform_data.slow"]).well();
    });
}

#[test]
fn an_exported_stack_has_nothing_to_do_in_terraform() {
    with_terraform("stacks that go back to terraform", |place| {
        let keys = r#"{"key_provider":{"pbkdf2":{"k":{"passphrase":"correct-horse-battery","iterations":200000}}},"method":{"aes_gcm":{"m":{"keys":"key_provider.pbkdf2.k"}}},"state":{"method":"method.aes_gcm.m"}}"#;
        let bowline = |arguments: &[&str]| {
            let mut command = place.command(std::path::Path::new(env!("CARGO_BIN_EXE_bowline")), arguments);
            crate::ran(&command.env("TF_ENCRYPTION", keys).output().unwrap()).well()
        };
        bowline(&["apply", "-auto-approve"]);
        assert!(place.terraform(&["plan"]).code != 0, "terraform cannot read an encrypted state");
        bowline(&["export"]);
        let exported = std::fs::read(place.path().join("exported/terraform.tfstate")).unwrap();
        std::fs::write(place.path().join("terraform.tfstate"), exported).unwrap();
        std::fs::remove_dir_all(place.path().join("exported")).unwrap();
        let plan = place.terraform(&["plan", "-detailed-exitcode"]);
        assert_eq!(plan.code, 0, "{}", plan.text);
    });
}
