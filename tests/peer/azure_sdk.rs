//! The simulator before Microsoft's own clients: the Azure SDK for Python, from its package registry, makes, reads,
//! lists, changes and deletes what Bowline manages; Bowline takes over what the SDK made, and plans no change to it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::service::Simulator;
use crate::{Place, Ran, found, ran, skipped};

/// The packages, in the versions that this was written against.
const PACKAGES: [&str; 5] = [
    "azure-identity==1.27.0",
    "azure-mgmt-authorization==4.0.0",
    "azure-mgmt-containerservice==41.8.0",
    "azure-mgmt-msi==7.1.0",
    "azure-mgmt-resource==26.0.0",
];

/// Lets the SDK do something.
fn sdk(simulator: &Simulator, python: &Path, place: &Place, doing: &str) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/azure_sdk.py");
    let mut command = place.command(python, &[]);
    command.arg(script).args([doing, &simulator.address()]).env("REQUESTS_CA_BUNDLE", simulator.authority());
    ran(&command.output().unwrap())
}

/// A Python that has the packages; they are fetched when they are not there yet.
fn python() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("azure-sdk");
            let python = folder.join("bin/python");
            let ready = folder.join("ready");
            if ready.is_file() {
                return Ok(python);
            }
            let Some(system) = found("python3") else { return Err("no python3 on PATH".into()) };
            run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PACKAGES))?;
            std::fs::write(ready, "").map_err(|error| error.to_string())?;
            Ok(python)
        })
        .clone()
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("its packages cannot be fetched: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

#[test]
fn the_azure_sdk_for_python_finds_azure_and_bowline_takes_over_what_it_makes() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return skipped("the Azure SDK for Python", &why),
    };
    let simulator = Simulator::start();
    let stack = include_str!("azure_sdk_stack/main.tf").replace("SIMULATOR", &simulator.host());
    let place = Place::new(&stack);
    sdk(&simulator, &python, &place, "make").well();

    // What the SDK made is what the configuration says, and stays so once it is taken over.
    simulator.bowline(&place, &["init"]).well();
    let plan = simulator.bowline(&place, &["plan"]).well();
    assert!(plan.contains("Plan: 7 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
    simulator.bowline(&place, &["apply", "-auto-approve"]).well();
    simulator.bowline(&place, &["plan", "-detailed-exitcode"]).well();

    // What Bowline has written meanwhile the SDK still reads as before, and a pod of the cluster gets what it may.
    sdk(&simulator, &python, &place, "check").well();
    sdk(&simulator, &python, &place, "pod").well();

    // What the SDK changes, Bowline sees, and undoes.
    sdk(&simulator, &python, &place, "change").well();
    let changed = simulator.bowline(&place, &["plan", "-detailed-exitcode"]);
    assert_eq!(changed.code, 2, "{}", changed.text);
    assert!(changed.text.contains("node_count"), "{}", changed.text);
    simulator.bowline(&place, &["apply", "-auto-approve"]).well();
    simulator.bowline(&place, &["plan", "-detailed-exitcode"]).well();
    sdk(&simulator, &python, &place, "check").well();

    sdk(&simulator, &python, &place, "delete").well();
    let gone = simulator.bowline(&place, &["plan", "-refresh-only", "-detailed-exitcode"]);
    assert_eq!(gone.code, 2, "{}", gone.text);
}
