//! The azurerm backend against Azurite, and against the other tool's lock protocol as far as a blob can show it.

use std::path::Path;
use std::process::{Child, Stdio};

use crate::azurite::{ACCOUNT, Azurite, KEY};
use crate::remote::{Remote, goes_on_elsewhere, moves_in_and_out, survives_cuts};
use crate::{Place, Ran};

const STACK: &str = r#"
terraform {
  backend "azurerm" {
    storage_account_name = "devstoreaccount1"
    container_name       = "states"
    key                  = "prod.tfstate"
  }
}

resource "terraform_data" "a" {
  input = 1
}
"#;

/// A stack whose state is in Azurite.
struct Stack {
    place: Place,
    azurite: Azurite,
}

impl Stack {
    fn start(what: &str) -> Option<Self> {
        let azurite = Azurite::start(what)?;
        let stack = Self { place: Place::new(STACK), azurite };
        stack.make_container();
        Some(stack)
    }

    fn bowline(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().unwrap();
        crate::ran(&output)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = self.place.command(Path::new(env!("CARGO_BIN_EXE_bowline")), arguments);
        command.env("ARM_ENDPOINT", &self.azurite.endpoint).env("ARM_ACCESS_KEY", KEY);
        command
    }

    /// Azurite is asked with a signature made by node, so that a fault of our own signing does not agree with itself.
    fn make_container(&self) {
        self.ask_for_container("PUT");
    }

    fn ask_for_container(&self, method: &str) {
        let script = r#"
            const { createHmac } = require("crypto");
            const [endpoint, account, key, method] = process.argv.slice(1);
            const date = new Date().toUTCString();
            const text = `${method}\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:${date}\nx-ms-version:2023-11-03\n/${account}/${account}/states\nrestype:container`;
            const signature = createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");
            fetch(`${endpoint}/states?restype=container`, { method, headers: {
                "x-ms-date": date, "x-ms-version": "2023-11-03", authorization: `SharedKey ${account}:${signature}` } })
                .then(async (answer) => { if (!answer.ok) { console.error(answer.status, await answer.text()); process.exit(1); } });
        "#;
        let made = std::process::Command::new("node")
            .args(["-e", script, &self.azurite.endpoint, ACCOUNT, KEY, method])
            .stderr(Stdio::inherit())
            .status();
        assert!(made.unwrap().success());
    }

    /// The same for the checks that every shared backend has to stand.
    fn remote(&self) -> Remote {
        let (scheme, rest) = self.azurite.endpoint.split_once("://").unwrap();
        let (address, account) = rest.split_once('/').unwrap();
        Remote {
            block: STACK.split_once("terraform {").unwrap().1.split_once("\n}\n").unwrap().0.to_owned(),
            environment: vec![
                ("ARM_ENDPOINT".to_owned(), format!("{scheme}://{{host}}/{account}")),
                ("ARM_ACCESS_KEY".to_owned(), KEY.to_owned()),
            ],
            address: address.to_owned(),
            mirrors: true,
        }
    }

    fn clear(&self) {
        self.ask_for_container("DELETE");
        self.make_container();
    }

    /// Starts an apply that waits for an answer, and so holds the lock.
    fn hold(&self) -> Child {
        let mut running = self.command(&["apply"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut seen = String::new();
        let out = running.stdout.as_mut().unwrap();
        while !seen.contains("Enter a value") {
            let mut byte = [0];
            assert_eq!(std::io::Read::read(out, &mut byte).unwrap(), 1, "ended before it asked:\n{seen}");
            seen.push(char::from(byte[0]));
        }
        running
    }
}

#[test]
fn a_state_lives_in_a_blob() {
    let Some(stack) = Stack::start("the azurerm backend") else { return };
    let uninitialized = stack.bowline(&["plan"]);
    assert_eq!(uninitialized.code, 1);
    assert!(uninitialized.text.contains("Backend initialization required"), "{}", uninitialized.text);
    stack.bowline(&["init"]).well();
    stack.bowline(&["apply", "-auto-approve"]).well();
    assert!(!stack.place.path().join("terraform.tfstate").exists());
    assert_eq!(stack.bowline(&["plan", "-detailed-exitcode"]).code, 0);
    assert_eq!(stack.bowline(&["state", "list"]).well(), "terraform_data.a\n");
    stack.bowline(&["workspace", "new", "blue"]).well();
    assert_eq!(stack.bowline(&["state", "list"]).well(), "");
    stack.bowline(&["apply", "-auto-approve"]).well();
    assert_eq!(stack.bowline(&["workspace", "list"]).well(), "  default\n* blue\n\n");
    stack.bowline(&["destroy", "-auto-approve"]).well();
    stack.bowline(&["workspace", "select", "default"]).well();
    stack.bowline(&["workspace", "delete", "blue"]).well();
    assert_eq!(stack.bowline(&["workspace", "list"]).well(), "* default\n\n");
    assert!(!stack.bowline(&["state", "pull"]).well().contains(KEY));
}

#[test]
fn the_lease_is_the_lock() {
    let Some(stack) = Stack::start("the lock of the azurerm backend") else { return };
    stack.bowline(&["init"]).well();
    let mut holder = stack.hold();
    let refused = stack.bowline(&["apply", "-auto-approve"]);
    assert_eq!(refused.code, 1);
    assert!(refused.text.contains("Error acquiring the state lock"), "{}", refused.text);
    assert!(refused.text.contains("states/prod.tfstate") && refused.text.contains("Who:"), "{}", refused.text);
    let id = refused.text.lines().find_map(|line| line.split_once("ID:")).unwrap().1.trim().to_owned();
    // Killed, it leaves its lease behind.
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert_eq!(stack.bowline(&["apply", "-auto-approve"]).code, 1);
    assert!(stack.bowline(&["force-unlock", "-force", "another"]).text.contains("not \"another\""));
    stack.bowline(&["force-unlock", "-force", &id]).well();
    stack.bowline(&["apply", "-auto-approve"]).well();
}

#[test]
fn a_local_state_moves_in_and_out() {
    let Some(stack) = Stack::start("migration to the azurerm backend") else { return };
    let local = STACK.split_once("}\n}\n").unwrap().1.to_owned();
    stack.place.write("main.tf", &local);
    stack.bowline(&["init"]).well();
    stack.bowline(&["apply", "-auto-approve"]).well();
    stack.place.write("main.tf", STACK);
    assert_eq!(stack.bowline(&["init", "-input=false"]).code, 1);
    stack.bowline(&["init", "-migrate-state"]).well();
    assert_eq!(stack.bowline(&["plan", "-detailed-exitcode"]).code, 0);
    stack.place.write("main.tf", &local);
    let changed = stack.bowline(&["plan"]);
    assert!(changed.text.contains("Unsetting the previously set backend"), "{}", changed.text);
    std::fs::remove_file(stack.place.path().join("terraform.tfstate")).unwrap();
    stack.bowline(&["init", "-migrate-state"]).well();
    assert_eq!(stack.bowline(&["plan", "-detailed-exitcode"]).code, 0);
}

#[test]
fn the_journal_is_there_for_another_machine() {
    let Some(stack) = Stack::start("the journal of the azurerm backend") else { return };
    goes_on_elsewhere(&stack.remote());
    stack.clear();
    moves_in_and_out(&stack.remote());
}

#[test]
fn the_connection_is_cut_at_every_call() {
    let Some(stack) = Stack::start("cut connections of the azurerm backend") else { return };
    survives_cuts(&stack.remote(), &|| stack.clear());
}
