//! Checkov, a policy engine that many teams run over Terraform's plan JSON: it must read ours as it reads Terraform's.

use std::process::Command;

use serde_json::Value;

use crate::{Place, python, skipped};

/// The release line that this was last tried with.
const RELEASE: &str = "checkov==3.2.*";

#[test]
fn checkov_reads_plans_as_it_reads_terraforms() {
    let checkov = match python::installed("checkov", RELEASE) {
        Ok(programs) => programs.join("checkov"),
        Err(why) => return skipped("checkov over plans", &why),
    };
    for (example, resources, verdicts) in [
        // Neither has a private API server; both control access by roles.
        ("minimal-aks", 2, [("CKV_AZURE_115", false), ("CKV_AZURE_6", false), ("CKV_AZURE_5", true)]),
        ("payments", 44, [("CKV_AZURE_115", false), ("CKV_AZURE_182", true), ("CKV_AZURE_5", true)]),
    ] {
        let place = Place::of_example(example);
        place.bowline(&["init"]).well();
        place.bowline(&["plan", "-simulate", "-out=plan.out", "-no-color"]).well();
        place.write("plan.json", &place.bowline(&["show", "-json", "plan.out"]).well());
        let file = place.path().join("plan.json");
        let output = Command::new(&checkov)
            .args(["-f", &file.to_string_lossy(), "--framework", "terraform_plan", "-o", "json", "--soft-fail"])
            .arg("--skip-download")
            .current_dir(place.path())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let report: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)));
        let summary = &report["summary"];
        assert_eq!(summary["parsing_errors"], 0, "{example}: {summary}");
        assert!(summary["resource_count"].as_u64().unwrap() >= resources, "{example}: {summary}");
        for (check, passes) in verdicts {
            let list = if passes { "passed_checks" } else { "failed_checks" };
            let results = report["results"][list].as_array().unwrap();
            assert!(results.iter().any(|result| result["check_id"] == check), "{example}: {check} is not in {list}");
        }
    }
}
