//! The simulator as a service that clients of Azure are pointed at.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Place, Ran, ran};

/// A simulator that speaks TLS, in a process of its own.
pub struct Simulator {
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
    /// Starts one.
    pub fn start() -> Self {
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

    /// Where it answers.
    pub fn address(&self) -> String {
        format!("https://{}", self.host())
    }

    /// The name under which it is reached.
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// The file with the certificate that clients have to trust.
    pub fn authority(&self) -> &Path {
        &self.authority
    }

    /// Runs Bowline as against any cloud that describes itself.
    pub fn bowline(&self, place: &Place, arguments: &[&str]) -> Ran {
        self.bowline_with(place, arguments, &[])
    }

    /// The same, with more in the environment.
    pub fn bowline_with(&self, place: &Place, arguments: &[&str], environment: &[(&str, String)]) -> Ran {
        let mut command = place.command(Path::new(env!("CARGO_BIN_EXE_bowline")), arguments);
        command
            .env("SSL_CERT_FILE", &self.authority)
            .env("ARM_TENANT_ID", "22222222-2222-4222-8222-222222222222")
            .env("ARM_CLIENT_ID", "an-operator")
            .env("ARM_CLIENT_SECRET", "its-secret")
            .envs(environment.iter().map(|(name, value)| (*name, value)));
        ran(&command.output().unwrap())
    }
}
