//! The simulator before Microsoft's `az`: it signs in, makes, lists, changes and removes what people make with it, asks the
//! directory whose roles they are, and Bowline takes over what it made without a change.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::service::Simulator;
use crate::{Place, Ran, found, ran, skipped};

/// The version that this was written against.
const PACKAGE: &str = "azure-cli==2.91.0";

/// A Python that has az; it is fetched where it is not there yet. pip takes a quarter of an hour for its 150 packages,
/// uv half a minute.
fn python() -> Result<PathBuf, String> {
    static INSTALLED: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let install = || {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("az");
        let (python, ready) = (folder.join("bin/python"), folder.join("ready"));
        if ready.is_file() {
            return Ok(python);
        }
        let system = found("python3").ok_or("there is no python3 on PATH")?;
        run(Command::new(system).args(["-m", "venv"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "uv"]))?;
        run(Command::new(folder.join("bin/uv"))
            .args(["pip", "install", "--quiet", "--python"])
            .arg(&python)
            .arg(PACKAGE))?;
        std::fs::write(ready, "").map_err(|error| error.to_string())?;
        Ok(python)
    };
    INSTALLED.get_or_init(install).clone()
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("its packages cannot be fetched: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// Lets az do something.
fn az(simulator: &Simulator, python: &Path, place: &Place, doing: &str) -> Ran {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/az.py");
    let mut command = place.command(python, &[]);
    command
        .arg(script)
        .args([doing, &simulator.address()])
        .env("REQUESTS_CA_BUNDLE", simulator.authority())
        .env("AZURE_CONFIG_DIR", place.path().join(".azure"))
        .env("AZURE_CORE_COLLECT_TELEMETRY", "no")
        .env("AZURE_CORE_INSTANCE_DISCOVERY", "false")
        .env("AZURE_CORE_ONLY_SHOW_ERRORS", "yes");
    ran(&command.output().unwrap())
}

/// What `bowline` prints where the environment says which cloud it is.
fn bowline(simulator: &Simulator, place: &Place, arguments: &[&str]) -> Ran {
    let cloud = [
        ("ARM_METADATA_HOSTNAME", simulator.host()),
        ("ARM_SUBSCRIPTION_ID", "11111111-1111-4111-8111-111111111111".to_owned()),
    ];
    simulator.bowline_with(place, arguments, &cloud)
}

#[test]
fn az_finds_azure_and_bowline_takes_over_what_it_makes() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return skipped("az", &why),
    };
    let (simulator, place) = (Simulator::start(), Place::new(""));
    az(&simulator, &python, &place, "make").well();

    // What az made is written down and taken over as it is, and az finds it as before.
    bowline(&simulator, &place, &["adopt", "-resource-group=rg-az"]).well();
    bowline(&simulator, &place, &["init"]).well();
    let plan = bowline(&simulator, &place, &["plan", "-checks=off"]).well();
    assert!(plan.contains("Plan: 14 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
    bowline(&simulator, &place, &["apply", "-auto-approve", "-checks=off"]).well();
    bowline(&simulator, &place, &["plan", "-checks=off", "-detailed-exitcode"]).well();
    az(&simulator, &python, &place, "look").well();

    // Who is in the group that az made, live access tells.
    let asked = ["access", "what-can", "-live", "id-az"];
    let told = bowline(&simulator, &place, &asked).well();
    assert!(told.contains("(cluster aks-az) can see, but not change, everything in resource group rg-az"), "{told}");

    // What az changes is drift.
    az(&simulator, &python, &place, "change").well();
    let changed = bowline(&simulator, &place, &["plan", "-checks=off", "-detailed-exitcode"]);
    assert_eq!(changed.code, 2, "{}", changed.text);
    for word in ["node_count", "\"hand\""] {
        assert!(changed.text.contains(word), "{word}: {}", changed.text);
    }
    az(&simulator, &python, &place, "delete").well();
}
