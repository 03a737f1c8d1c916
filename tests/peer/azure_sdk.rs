//! The simulator before Microsoft's own clients: the Azure SDK for Python, from its package registry, makes, reads,
//! lists, changes and deletes what Bowline manages; Bowline takes over what the SDK made, and plans no change to it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::{Place, Ran, found, ran, skipped};

/// The packages, in the versions that this was written against.
const PACKAGES: [&str; 5] = [
    "azure-identity==1.27.0",
    "azure-mgmt-authorization==4.0.0",
    "azure-mgmt-containerservice==41.8.0",
    "azure-mgmt-msi==7.1.0",
    "azure-mgmt-resource==26.0.0",
];

/// A simulator that speaks TLS, in a process of its own.
struct Simulator {
    process: Child,
    port: u16,
    authority: PathBuf,
    _folder: tempfile::TempDir,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Simulator {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = folder.path().join("authority.pem");
        let mut process = Command::new(env!("CARGO_BIN_EXE_bowline"))
            .args(["simulator", "--port", "0", "--tls", "--ca"])
            .arg(&authority)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.find_map(|line| {
            let (_, rest) = line.split_once("https://127.0.0.1:")?;
            rest.split('.').next()?.parse().ok()
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port: port.expect("the simulator tells its address"), authority, _folder: folder }
    }

    fn address(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Lets the SDK do something.
    fn sdk(&self, python: &Path, place: &Place, doing: &str) -> Ran {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peer/azure_sdk.py");
        let mut command = place.command(python, &[]);
        command.arg(script).args([doing, &self.address()]).env("REQUESTS_CA_BUNDLE", &self.authority);
        ran(&command.output().unwrap())
    }

    /// Runs Bowline as against any cloud that describes itself.
    fn bowline(&self, place: &Place, arguments: &[&str]) -> Ran {
        let mut command = place.command(Path::new(env!("CARGO_BIN_EXE_bowline")), arguments);
        command
            .env("SSL_CERT_FILE", &self.authority)
            .env("ARM_TENANT_ID", "22222222-2222-4222-8222-222222222222")
            .env("ARM_CLIENT_ID", "an-operator")
            .env("ARM_CLIENT_SECRET", "its-secret");
        ran(&command.output().unwrap())
    }
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
    let stack = include_str!("azure_sdk_stack/main.tf").replace("SIMULATOR", &format!("localhost:{}", simulator.port));
    let place = Place::new(&stack);
    simulator.sdk(&python, &place, "make").well();

    // What the SDK made is what the configuration says, and stays so once it is taken over.
    simulator.bowline(&place, &["init"]).well();
    let plan = simulator.bowline(&place, &["plan"]).well();
    assert!(plan.contains("Plan: 7 to import, 0 to add, 0 to change, 0 to destroy."), "{plan}");
    simulator.bowline(&place, &["apply", "-auto-approve"]).well();
    simulator.bowline(&place, &["plan", "-detailed-exitcode"]).well();

    // What Bowline has written meanwhile the SDK still reads as before, and a pod of the cluster gets what it may.
    simulator.sdk(&python, &place, "check").well();
    simulator.sdk(&python, &place, "pod").well();

    // What the SDK changes, Bowline sees, and undoes.
    simulator.sdk(&python, &place, "change").well();
    let changed = simulator.bowline(&place, &["plan", "-detailed-exitcode"]);
    assert_eq!(changed.code, 2, "{}", changed.text);
    assert!(changed.text.contains("node_count"), "{}", changed.text);
    simulator.bowline(&place, &["apply", "-auto-approve"]).well();
    simulator.bowline(&place, &["plan", "-detailed-exitcode"]).well();
    simulator.sdk(&python, &place, "check").well();

    simulator.sdk(&python, &place, "delete").well();
    let gone = simulator.bowline(&place, &["plan", "-refresh-only", "-detailed-exitcode"]);
    assert_eq!(gone.code, 2, "{}", gone.text);
}
