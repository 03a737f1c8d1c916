//! What is secret is found nowhere: a marker in every sensitive attribute of every kind, searched for in everything that
//! commands print and write while encryption is configured. The commands that are asked for a secret by name (`output -raw`,
//! `show -json`, `state pull`) are left out.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::azure::Server;
use crate::workplace::{Ran, Workplace, wait};

const MARKER: &str = "marker-7f3a91c2";
/// As a marker looks where bytes are written in base64, at each of the three offsets that it can have there.
const ENCODED: [&str; 3] = ["bWFya2VyLTdmM2E5MWMy", "1hcmtlci03ZjNhOTFjM", "tYXJrZXItN2YzYTkxYz"];

const WHOLE: &str = r#"
terraform {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = var.passphrase
      iterations = 200000
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
    plan {
      method = method.aes_gcm.main
    }
  }
}
variable "passphrase" {
  sensitive = true
}
"#;

/// The same without a method for states: values are encrypted one by one.
fn single() -> String {
    let state = WHOLE.find("    state {").unwrap();
    let plan = WHOLE.find("    plan {").unwrap();
    WHOLE[..state].to_owned() + &WHOLE[plan..]
}

/// Everything that secrets come through: variables, arguments of kinds, what Azure answers, outputs, ephemeral values and
/// arguments that are never recorded.
const STACK: &str = include_str!("secrets/main.tf");

struct Stack {
    workplace: Workplace,
    azure: Server,
    secret: &'static str,
}

impl Stack {
    fn new(encryption: &str, main: &str) -> Self {
        let workplace = Workplace::empty();
        workplace.write("main.tf", main);
        workplace.write("encryption.tf", encryption);
        fs::create_dir_all(workplace.root().join(".bowline")).unwrap();
        let azure = Server::start(&workplace);
        Self { workplace, azure, secret: MARKER }
    }

    fn environment(&self) -> Vec<(String, String)> {
        [
            ("BOWLINE_SIMULATOR", self.azure.url().as_str()),
            ("TF_VAR_passphrase", "correct-horse-battery-staple"),
            ("TF_VAR_secret", self.secret),
            ("TF_VAR_fleeting", MARKER),
            ("TF_LOG", "trace"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Runs a command, and looks for the marker in what it printed and in what is written.
    fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.workplace.bowline(&owned(arguments), &self.environment(), "");
        assert!(!shows(ran.text.as_bytes()), "{arguments:?} shows the marker:\n{}", ran.text);
        self.search(&format!("{arguments:?}"));
        ran
    }

    fn search(&self, after: &str) {
        for path in files(self.workplace.root()) {
            // The world is Azure itself, which knows what it was told.
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("world.jsonl")) {
                continue;
            }
            let bytes = fs::read(&path).unwrap_or_default();
            let shown = shows(&bytes) || shows(&unpacked(&bytes));
            assert!(!shown, "after {after} the marker is in {}", path.display());
        }
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

fn shows(bytes: &[u8]) -> bool {
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    has(MARKER) || ENCODED.into_iter().any(has)
}

/// A saved plan that is not encrypted is compressed.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut text);
    text
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.path() {
            path if path.is_dir() => found.extend(files(&path)),
            path => found.push(path),
        }
    }
    found
}

fn with_each(check: impl Fn(&str)) {
    check(WHOLE);
    check(&single());
}

#[test]
fn a_marker_in_a_stack_is_found_nowhere() {
    with_each(|encryption| {
        let stack = Stack::new(encryption, STACK);
        assert_eq!(stack.run(&["validate"]).code, 0);
        let planned = stack.run(&["plan", "--simulate", "-out=plan.out"]);
        assert_eq!(planned.code, 0, "{}", planned.text);
        stack.run(&["show", "plan.out"]);
        stack.run(&["plan", "--simulate", "-json"]);
        let applied = stack.run(&["apply", "--simulate", "plan.out"]);
        assert_eq!(applied.code, 0, "{}", applied.text);
        let state = fs::read_to_string(stack.workplace.root().join("terraform.tfstate")).unwrap();
        assert!(state.contains("encrypted_data") || state.contains("sealed:v1:"), "{state}");
        assert_eq!(stack.run(&["plan", "--simulate", "-detailed-exitcode"]).code, 0);
        for arguments in [["show"].as_slice(), &["output"], &["state", "list"], &["state", "history"], &["graph"]] {
            assert_eq!(stack.run(arguments).code, 0, "{arguments:?}");
        }
        for address in stack.run(&["state", "list"]).text.lines() {
            assert_eq!(stack.run(&["state", "show", address]).code, 0, "{address}");
        }
        let changed = stack.run(&["apply", "--simulate", "-auto-approve", "-json", "-var=size=2"]);
        assert_eq!(changed.code, 0, "{}", changed.text);
        // Refused by Azure, in the middle of a run, with everything that is said then.
        let rules = r#"{"rules": [{"method": "PUT", "times": 100, "effect": "refuse"}]}"#;
        stack.azure.ask("POST", "/simulator/faults", rules);
        stack.run(&["apply", "--simulate", "-auto-approve", "-var=size=3"]);
        stack.azure.ask("POST", "/simulator/faults", "{}");
        assert_eq!(stack.run(&["destroy", "--simulate", "-auto-approve"]).code, 0);
    });
}

#[test]
fn a_marker_in_a_run_that_is_killed_is_found_nowhere() {
    with_each(|encryption| {
        let stack = Stack::new(encryption, STACK);
        for at in [3, 8, 13] {
            let rules = format!("{{\"rules\": [{{\"skip\": {at}, \"times\": 1, \"effect\": \"hold_answer\"}}]}}");
            stack.azure.ask("POST", "/simulator/faults", &rules);
            let arguments = owned(&["apply", "--simulate", "-auto-approve"]);
            let mut running = stack.workplace.begin(&arguments, &stack.environment(), "");
            wait(|| (stack.azure.holds() || running.is_over()).then_some(()));
            running.kill();
            running.join();
            stack.azure.ask("POST", "/simulator/faults", "{}");
            stack.search(&format!("a kill at request {at}"));
        }
        let applied = stack.run(&["apply", "--simulate", "-auto-approve"]);
        assert_eq!(applied.code, 0, "{}", applied.text);
        assert_eq!(stack.run(&["plan", "--simulate", "-detailed-exitcode"]).code, 0);
    });
}

#[test]
fn ephemeral_values_and_write_only_arguments_reach_no_disk_even_without_encryption() {
    let without = Stack::new("variable \"passphrase\" {\n  default = null\n}\n", STACK);
    let stack = Stack { secret: "an ordinary secret", ..without };
    let applied = stack.run(&["apply", "--simulate", "-auto-approve"]);
    assert_eq!(applied.code, 0, "{}", applied.text);
    stack.run(&["plan", "--simulate", "-var=size=2", "-out=plan.out"]);
    stack.run(&["apply", "--simulate", "plan.out"]);
    let world = fs::read(stack.workplace.root().join(".bowline/world.jsonl")).unwrap();
    assert!(shows(&world), "the argument did not reach Azure");
}

/// Every sensitive attribute of every kind, as the tables have them, in one state.
#[test]
fn a_marker_in_every_sensitive_attribute_is_found_nowhere() {
    with_each(|encryption| {
        let providers = "provider \"azurerm\" {\n  features {}\n}\n";
        let uses = "resource \"azapi_resource_action\" \"none\" {\n  count = 0\n  type = \"a/b@2024-01-01\"\n}\n";
        let stack = Stack::new(encryption, &format!("{providers}{uses}"));
        let schemas = stack.run(&["providers", "schema", "-json"]).text;
        let schemas: Value = serde_json::from_str(schemas.trim()).unwrap();
        let mut resources = Vec::new();
        let mut planted = 0;
        for (source, provider) in schemas["provider_schemas"].as_object().unwrap() {
            for (kind, schema) in provider["resource_schemas"].as_object().into_iter().flatten() {
                let attributes = object(&schema["block"], &mut planted);
                resources.push(json!({
                    "mode": "managed", "type": kind, "name": "x", "provider": format!("provider[\"{source}\"]"),
                    "instances": [{ "schema_version": schema["version"], "attributes": attributes }],
                }));
            }
        }
        assert!(planted > 20, "only {planted} attributes are sensitive");
        let state = json!({
            "version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {},
            "resources": resources, "check_results": null,
        });
        let outside = tempfile::tempdir().unwrap();
        let file = outside.path().join("all.tfstate");
        fs::write(&file, state.to_string()).unwrap();
        let pushed = stack.run(&["state", "push", file.to_str().unwrap()]);
        assert_eq!(pushed.code, 0, "{}", pushed.text);
        let list = stack.run(&["state", "list"]).text;
        assert_eq!(list.lines().count(), resources.len());
        assert_eq!(stack.run(&["show"]).code, 0);
        let first = list.lines().next().unwrap().to_owned();
        stack.run(&["state", "mv", &first, &format!("{first}2")]);
        stack.run(&["plan", "-destroy", "-refresh=false", "--simulate", "-out=plan.out"]);
        stack.run(&["show", "plan.out"]);
        stack.run(&["plan", "--simulate"]);
        stack.run(&["plan", "--simulate", "-json"]);
        stack.run(&["apply", "--simulate", "-auto-approve"]);
    });
}

/// An object of a block: the marker in what is sensitive, nothing elsewhere.
fn object(block: &Value, planted: &mut usize) -> Value {
    let mut fields = Map::new();
    for (name, attribute) in block["attributes"].as_object().into_iter().flatten() {
        let sensitive = attribute["sensitive"] == json!(true) && attribute["write_only"] != json!(true);
        let value = if sensitive { filled(&attribute["type"], planted) } else { Value::Null };
        fields.insert(name.clone(), value);
    }
    for (name, nested) in block["block_types"].as_object().into_iter().flatten() {
        let inner = object(&nested["block"], planted);
        let value = match nested["nesting_mode"].as_str() {
            Some("list" | "set") => json!([inner]),
            Some("map") => json!({ "k": inner }),
            _ => inner,
        };
        fields.insert(name.clone(), value);
    }
    Value::Object(fields)
}

/// A value of a type with the marker in every text.
fn filled(ty: &Value, planted: &mut usize) -> Value {
    match ty {
        Value::String(name) if name == "string" => {
            *planted += 1;
            json!(MARKER)
        }
        Value::Array(parts) => match (parts[0].as_str(), &parts[1]) {
            (Some("list" | "set"), element) => json!([filled(element, planted)]),
            (Some("map"), element) => json!({ "k": filled(element, planted) }),
            (Some("object"), fields) => {
                fields.as_object().unwrap().iter().map(|(name, ty)| (name.clone(), filled(ty, planted))).collect()
            }
            _ => Value::Null,
        },
        _ => Value::Null,
    }
}
