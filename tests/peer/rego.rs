//! A Rego engine over plans: the policy that integrations/ offers, and one of the kind that teams have for Terraform's
//! plans, which knows nothing of Bowline.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{Place, python, skipped};

/// Microsoft's interpreter of Rego; the release line that this was last tried with.
const RELEASE: &str = "regopy==1.*";

/// Reads a policy and a plan, and prints what a query gives.
const ASK: &str = "\
import sys, regopy
policy, plan, query = sys.argv[1:]
interpreter = regopy.Interpreter()
interpreter.add_module('policy', open(policy).read())
interpreter.set_input_term(open(plan).read())
print(interpreter.query(query))
";

/// As teams write it for Terraform: how many objects go, and which of them are not tagged.
const FOR_TERRAFORM: &str = "\
package terraform

import rego.v1

created := [change.address | some change in input.resource_changes; \"create\" in change.change.actions]

untagged contains change.address if {
	some change in input.resource_changes
	change.type == \"azurerm_user_assigned_identity\"
	not change.change.after.tags.owner
}

clusters := [resource.values.name |
	walk(input.planned_values.root_module, [_, resource])
	resource.type == \"azurerm_kubernetes_cluster\"
]
";

fn asked(programs: &Path, place: &Place, policy: &Path, query: &str) -> Value {
    let output = Command::new(programs.join("python"))
        .args(["-c", ASK, &policy.to_string_lossy(), &place.path().join("plan.json").to_string_lossy(), query])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    answer["expressions"][0].clone()
}

fn planned(place: &Place) {
    place.bowline(&["init"]).well();
    place.bowline(&["plan", "-simulate", "-out=plan.out", "-no-color"]).well();
    place.write("plan.json", &place.bowline(&["show", "-json", "plan.out"]).well());
}

#[test]
fn policies_in_rego_judge_plans() {
    let programs = match python::installed("rego", RELEASE) {
        Ok(programs) => programs,
        Err(why) => return skipped("Rego over plans", &why),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = root.join("integrations/policy/access.rego");
    let payments = Place::of_example("payments");
    planned(&payments);
    payments.write("terraform.rego", FOR_TERRAFORM);
    let theirs = payments.path().join("terraform.rego");
    let ask = |query: &str| asked(&programs, &payments, &theirs, query);
    assert_eq!(ask("data.terraform.created").as_array().unwrap().len(), 44);
    assert_eq!(ask("data.terraform.untagged"), Value::Array(Vec::new()));
    assert_eq!(ask("data.terraform.clusters"), serde_json::json!(["aks-payments-prod"]));
    assert_eq!(asked(&programs, &payments, &ours, "data.bowline.access.deny"), Value::Array(Vec::new()));

    let granted = Place::new(&std::fs::read_to_string(root.join("tests/stacks/access/main.tf")).unwrap());
    planned(&granted);
    let denied = asked(&programs, &granted, &ours, "data.bowline.access.deny").to_string();
    assert!(denied.contains("hands out access: group 33333333-3333-4333-8333-333333333333"), "{denied}");
    assert!(denied.contains("comes from outside: service account payments/api (of issuer https://issuer.example/)"));
    assert!(!denied.contains("reaches too far"), "{denied}");
}
