//! What is asked of every backend whose states others reach: nothing is lost when the connection is, at whatever call, and
//! another machine goes on where one fell over.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Place, Ran};

/// A backend as a stack is told of it.
pub struct Remote {
    /// The `backend` block; `{host}` stands for the address that everything goes to.
    pub block: String,
    /// The environment, likewise.
    pub environment: Vec<(String, String)>,
    /// `127.0.0.1:port`
    pub address: String,
    /// Whether the journal is kept there too.
    pub mirrors: bool,
}

/// Objects of a simulated Azure. The last step falls over when it is told to.
const STACK: &str = r#"
variable "world" {}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-remote"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "made" {
  for_each            = toset(["a", "b", "c"])
  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

output "location" {
  value = azurerm_resource_group.main.location
}

resource "terraform_data" "last" {
  depends_on = [azurerm_user_assigned_identity.made]

  provisioner "local-exec" {
    command = "if test -e '${var.world}/fall'; then rm '${var.world}/fall'; kill -9 $PPID; fi"
  }
}
"#;

impl Remote {
    /// A stack that reads what is kept there.
    fn reader(&self) -> String {
        let block = self.block.replace("{host}", &self.address);
        let kind = block.split('"').nth(1).unwrap();
        let settings = block.split_once('{').unwrap().1.rsplit_once('}').unwrap().0;
        format!(
            "data \"terraform_remote_state\" \"there\" {{\n  backend = \"{kind}\"\n  config = {{{settings}}}\n}}\n\n\
             output \"location\" {{\n  value = data.terraform_remote_state.there.outputs.location\n}}\n"
        )
    }
}

/// An Azure that several machines reach.
struct World {
    folder: tempfile::TempDir,
    process: Child,
    url: String,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_bowline"))
            .args(["simulator", "-world=world.jsonl", "-port=0"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
        let url = url.trim_end_matches('.').to_owned();
        Self { folder, process, url }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn has(&self, name: &str) -> bool {
        let world = std::fs::read_to_string(self.path().join("world.jsonl")).unwrap_or_default();
        world.contains(&format!("userAssignedIdentities/id-{name}"))
    }
}

/// A folder with the stack, and the backend behind an address.
struct Machine<'r> {
    remote: &'r Remote,
    simulator: String,
    place: Place,
    address: String,
}

impl<'r> Machine<'r> {
    fn new(remote: &'r Remote, world: &World, address: &str) -> Self {
        let block = format!("terraform {{\n{}\n}}\n", remote.block.replace("{host}", address));
        let place = Place::new(&(block + STACK));
        place.write("terraform.tfvars", &format!("world = {:?}\n", world.path().to_str().unwrap()));
        Self { remote, simulator: world.url.clone(), place, address: address.to_owned() }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.place.command(Path::new(env!("CARGO_BIN_EXE_bowline")), arguments);
        command.env("BOWLINE_SIMULATOR", &self.simulator).env("BOWLINE_SIMULATED_STATE", "backend");
        for name in ["apply", "plan", "destroy"] {
            command.env(format!("TF_CLI_ARGS_{name}"), "-simulate");
        }
        for (name, value) in &self.remote.environment {
            command.env(name, value.replace("{host}", &self.address));
        }
        crate::ran(&command.output().unwrap())
    }
}

/// Forwards connections, and cuts them off at the n-th time that something is sent.
struct Proxy {
    address: String,
    sent: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(target: &str, cut_at: usize, for_good: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let sent = Arc::new(AtomicUsize::new(0));
        let (target, count) = (target.to_owned(), sent.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_good && count.load(Ordering::SeqCst) >= cut_at {
                    continue;
                }
                let (target, count) = (target.clone(), count.clone());
                std::thread::spawn(move || forward(&stream, &target, &count, cut_at));
            }
        });
        Self { address, sent }
    }
}

fn forward(client: &TcpStream, target: &str, count: &AtomicUsize, cut_at: usize) {
    let Ok(server) = TcpStream::connect(target) else { return };
    let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut client, mut server) = (client, &server);
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length) = client.read(&mut buffer) {
        if length == 0 {
            break;
        }
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        if number == cut_at {
            // Half of it arrives: neither side knows what the other has.
            let _ = server.write_all(&buffer[..length / 2]);
            break;
        }
        if server.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = client.shutdown(Shutdown::Both);
}

/// The connection is cut at every call of a run, once or for good: what was made is recorded by the next run, and made
/// once.
pub fn survives_cuts(remote: &Remote, clear: &dyn Fn()) {
    let calls = {
        let world = World::new();
        let proxy = Proxy::start(&remote.address, usize::MAX, false);
        let machine = Machine::new(remote, &world, &proxy.address);
        machine.run(&["init"]).well();
        let before = proxy.sent.load(Ordering::SeqCst);
        machine.run(&["apply", "-auto-approve"]).well();
        clear();
        proxy.sent.load(Ordering::SeqCst) - before
    };
    assert!(calls > 5, "only {calls} calls");
    // Some of the calls of every phase; CUTS=n takes all of every n-th.
    let step = std::env::var("CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| (calls / 6).max(1));
    for at in (1..=calls).step_by(step) {
        for for_good in [false, true] {
            cut_at(remote, at, for_good);
            clear();
        }
    }
}

fn cut_at(remote: &Remote, at: usize, for_good: bool) {
    let world = World::new();
    let sound = Machine::new(remote, &world, &remote.address);
    sound.run(&["init"]).well();
    let proxy = Proxy::start(&remote.address, at, for_good);
    // The same folder, so that the file of the journal is there; only the way is another.
    let block = format!("terraform {{\n{}\n}}\n", remote.block.replace("{host}", &proxy.address));
    let main = block + STACK;
    sound.place.write("main.tf", &main);
    let broken = Machine { address: proxy.address.clone(), ..sound };
    let settings = broken.place.path().join(".terraform/terraform.tfstate");
    let settled = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, settled.replace(&remote.address, &proxy.address)).unwrap();
    let ran = broken.run(&["apply", "-auto-approve"]);
    assert!(!ran.text.contains("panicked"), "cut at {at}:\n{}", ran.text);
    std::fs::write(&settings, settled).unwrap();
    let main = format!("terraform {{\n{}\n}}\n", remote.block.replace("{host}", &remote.address)) + STACK;
    broken.place.write("main.tf", &main);
    let sound = Machine { address: remote.address.clone(), ..broken };
    let told = format!("cut at call {at}{}:\n{}\n", if for_good { " for good" } else { "" }, ran.text);
    let mut again = sound.run(&["apply", "-auto-approve", "-lock-timeout=5s"]);
    if again.code != 0 && again.text.contains("ID:") {
        // The lock could not be given back: whoever comes next is told its id.
        let id = again.text.split("ID:").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        sound.run(&["force-unlock", "-force", &id]).well();
        again = sound.run(&["apply", "-auto-approve"]);
    }
    assert_eq!(again.code, 0, "{told}{}", again.text);
    let made: Vec<&str> =
        again.text.lines().filter(|line| line.contains("azurerm_user") && line.contains(": Creating")).collect();
    let listed = sound.run(&["state", "list"]).well();
    for name in ["a", "b", "c"] {
        assert!(world.has(name), "{told}{name} is not there");
        assert!(listed.contains(&format!("azurerm_user_assigned_identity.made[\"{name}\"]")), "{told}{listed}");
        let twice = ran.text.contains(&format!("made[\"{name}\"]: Creation complete"))
            && made.iter().any(|line| line.contains(&format!("made[\"{name}\"]")));
        assert!(!twice, "{told}{name} is made twice:\n{}", again.text);
    }
    let plan = sound.run(&["plan", "-detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{told}{}", plan.text);
    assert!(!sound.place.path().join(".bowline/journal.jsonl").exists(), "{told}the journal is left");
}

/// A run falls over on one machine; another one, which has the configuration only, takes in what it did.
pub fn goes_on_elsewhere(remote: &Remote) {
    assert!(remote.mirrors);
    let world = World::new();
    let first = Machine::new(remote, &world, &remote.address);
    first.run(&["init"]).well();
    std::fs::write(world.path().join("fall"), "").unwrap();
    let fallen = first.run(&["apply", "-auto-approve"]);
    assert_eq!(fallen.code, -1, "{}", fallen.text);
    let second = Machine::new(remote, &world, &remote.address);
    second.run(&["init"]).well();
    let mut applied = second.run(&["apply", "-auto-approve"]);
    if applied.code != 0 {
        let id = applied.text.split("ID:").nth(1).expect("a lock").split_whitespace().next().unwrap().to_owned();
        second.run(&["force-unlock", "-force", &id]).well();
        applied = second.run(&["apply", "-auto-approve"]);
    }
    let text = applied.well();
    assert!(!text.contains("azurerm_user_assigned_identity.made[\"a\"]: Creating"), "made once more:\n{text}");
    assert_eq!(second.run(&["plan", "-detailed-exitcode"]).code, 0);
    // The first machine has a journal yet, and knows that its run was taken in.
    assert!(first.place.path().join(".bowline/journal.jsonl").exists());
    let plan = first.run(&["plan", "-detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.text);
}

/// A local state moves there and back, whole.
pub fn moves_in_and_out(remote: &Remote) {
    let world = World::new();
    let machine = Machine::new(remote, &world, &remote.address);
    let there = std::fs::read_to_string(machine.place.path().join("main.tf")).unwrap();
    machine.place.write("main.tf", STACK);
    machine.run(&["apply", "-auto-approve"]).well();
    let before = machine.run(&["state", "pull"]).well();
    machine.place.write("main.tf", &there);
    let refused = machine.run(&["plan"]);
    assert!(refused.text.contains("Backend initialization required"), "{}", refused.text);
    machine.run(&["init", "-force-copy"]).well();
    assert_eq!(machine.run(&["state", "pull"]).well(), before);
    let reader = Machine::new(remote, &world, &remote.address);
    reader.place.write("main.tf", &remote.reader());
    reader.run(&["apply", "-auto-approve"]).well();
    assert_eq!(reader.run(&["output", "-raw", "location"]).well(), "westeurope");
    machine.place.write("main.tf", STACK);
    std::fs::remove_file(machine.place.path().join("terraform.tfstate")).unwrap();
    machine.run(&["init", "-migrate-state"]).well();
    assert_eq!(machine.run(&["state", "pull"]).well(), before);
    assert_eq!(machine.run(&["plan", "-detailed-exitcode"]).code, 0);
}

/// Sensitive values and the journal are encrypted there too.
pub fn is_encrypted(remote: &Remote, bytes: &dyn Fn() -> Vec<u8>) {
    let world = World::new();
    let machine = Machine::new(remote, &world, &remote.address);
    machine.place.write(
        "encryption.tf",
        r#"
terraform {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = "correct-horse-battery-staple"
      iterations = 200000
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
"#,
    );
    machine.run(&["init"]).well();
    machine.run(&["apply", "-auto-approve"]).well();
    let text = String::from_utf8(bytes()).unwrap();
    assert!(text.contains("encrypted_data") && !text.contains("azurerm_user"), "{text}");
    assert_eq!(machine.run(&["plan", "-detailed-exitcode"]).code, 0);
}
