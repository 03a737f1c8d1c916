//! The pg backend against a server that the test starts, and together with Terraform.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::remote::{Remote, goes_on_elsewhere, is_encrypted, moves_in_and_out, survives_cuts};
use crate::{Place, Ran, found, skipped, terraform};

/// A server at work.
struct Postgres {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Postgres {
    /// Starts one, or says why there is none.
    fn start(what: &str) -> Option<Self> {
        let Some(programs) = programs() else {
            skipped(what, "no PostgreSQL server: neither initdb on PATH nor under /usr/lib/postgresql");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(folder.path().join("password"), "hush").unwrap();
        let secure = certificate(folder.path());
        let user = service_user();
        if let Some((uid, gid)) = user {
            // The server refuses to be run by root.
            own(folder.path(), uid, gid);
        }
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(programs.join(program));
            command.args(arguments).current_dir(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some((uid, gid)) = user {
                command.uid(uid).gid(gid);
            }
            command
        };
        let data = data.to_str().unwrap();
        let made =
            run("initdb", &["-D", data, "-U", "team", "-A", "scram-sha-256", "--pwfile=password", "-N"]).status();
        assert!(made.unwrap().success());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let number = port.to_string();
        let sockets = format!("unix_socket_directories={}", folder.path().display());
        let mut arguments = vec!["-D", data, "-p", &number, "-h", "127.0.0.1", "-c", &sockets, "-c", "fsync=off"];
        if secure {
            arguments.extend(["-c", "ssl=on", "-c", "ssl_cert_file=../server.crt", "-c", "ssl_key_file=../server.key"]);
        }
        let process = run("postgres", &arguments).spawn().unwrap();
        let server = Self { process, port, folder, programs };
        let begun = Instant::now();
        while !server.is_ready() {
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn is_ready(&self) -> bool {
        let port = self.port.to_string();
        let mut command = Command::new(self.programs.join("pg_isready"));
        let ready = command.args(["-h", "127.0.0.1", "-p", &port, "-q"]).status();
        ready.is_ok_and(|status| status.success())
    }

    fn ask(&self, query: &str) -> String {
        let output = Command::new(self.programs.join("psql"))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", "team", "-d", "postgres", "-Atc", query])
            .env("PGPASSWORD", "hush")
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn clear(&self) {
        self.ask("DROP SCHEMA IF EXISTS terraform_remote_state CASCADE");
    }

    fn remote(&self) -> Remote {
        Remote {
            block: "  backend \"pg\" {\n  }".to_owned(),
            environment: vec![(
                "PG_CONN_STR".to_owned(),
                "postgres://team:hush@{host}/postgres?sslmode=disable".to_owned(),
            )],
            address: format!("127.0.0.1:{}", self.port),
            mirrors: true,
        }
    }
}

/// Where the server's programs are, all of them.
fn programs() -> Option<PathBuf> {
    let is_whole =
        |bin: &PathBuf| ["initdb", "postgres", "pg_isready", "psql"].iter().all(|name| bin.join(name).is_file());
    let on_path = found("initdb").and_then(|initdb| initdb.canonicalize().ok()?.parent().map(Path::to_path_buf));
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut all: Vec<PathBuf> = installed.map(|entry| entry.path().join("bin")).collect();
    all.sort();
    all.extend(on_path);
    all.into_iter().rev().find(is_whole)
}

/// Who runs the server where the tests are run by root.
fn service_user() -> Option<(u32, u32)> {
    let is_root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?) == 0;
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let entry = ["postgres:", "nobody:"].iter().find_map(|name| users.lines().find(|line| line.starts_with(name)))?;
    let mut fields = entry.split(':').skip(2).map(str::parse);
    let (uid, gid) = (fields.next()?.ok()?, fields.next()?.ok()?);
    is_root.then_some((uid, gid))
}

fn own(path: &Path, uid: u32, gid: u32) {
    chown(path, Some(uid), Some(gid)).unwrap();
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        own(&entry.path(), uid, gid);
    }
}

/// A certificate for `localhost` and that of the authority behind it, where openssl can make them.
fn certificate(folder: &Path) -> bool {
    let openssl = |line: &str| {
        let mut command = Command::new("openssl");
        command.args(line.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    std::fs::write(folder.join("leaf.ext"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    openssl("req -new -x509 -days 2 -nodes -newkey rsa:2048 -subj /CN=authority -out root.crt -keyout root.key")
        && openssl("req -new -nodes -newkey rsa:2048 -subj /CN=localhost -out server.csr -keyout server.key")
        && openssl(
            "x509 -req -days 2 -in server.csr -CA root.crt -CAkey root.key -CAcreateserial -extfile leaf.ext -out server.crt",
        )
}

const STACK: &str = "terraform {\n  backend \"pg\" {\n  }\n}\nvariable \"word\" {\n  default = 1\n}\nresource \"terraform_data\" \"a\" {\n  input = var.word\n}\n";

/// A stack whose state is in the database, and both tools.
struct Stack<'p> {
    place: Place,
    postgres: &'p Postgres,
}

impl Stack<'_> {
    fn run(&self, program: &Path, arguments: &[&str]) -> Ran {
        crate::ran(&self.command(program, arguments).output().unwrap())
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let text = format!("postgres://team:hush@127.0.0.1:{}/postgres?sslmode=disable", self.postgres.port);
        let mut command = self.place.command(program, arguments);
        command.env("PG_CONN_STR", text);
        command
    }

    /// Starts an apply that waits for an answer, and so holds the lock.
    fn hold(&self, program: &Path) -> Child {
        let mut running = self
            .command(program, &["apply", "-var=word=9"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
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

fn bowline() -> PathBuf {
    env!("CARGO_BIN_EXE_bowline").into()
}

#[test]
fn states_and_their_journals_live_in_a_database() {
    let Some(postgres) = Postgres::start("the pg backend") else { return };
    goes_on_elsewhere(&postgres.remote());
    postgres.clear();
    moves_in_and_out(&postgres.remote());
    postgres.clear();
    is_encrypted(&postgres.remote(), &|| postgres.ask("SELECT data FROM terraform_remote_state.states").into_bytes());
    postgres.clear();
    survives_cuts(&postgres.remote(), &|| postgres.clear());
}

#[test]
fn locks_last_as_long_as_their_connection() {
    let Some(postgres) = Postgres::start("locks of the pg backend") else { return };
    let stack = Stack { place: Place::new(STACK), postgres: &postgres };
    let bowline = bowline();
    stack.run(&bowline, &["init"]).well();
    stack.run(&bowline, &["apply", "-auto-approve"]).well();
    let mut holder = stack.hold(&bowline);
    let refused = stack.run(&bowline, &["plan"]);
    assert!(refused.code == 1 && refused.text.contains("OperationTypeApply"), "{}", refused.text);
    let id = refused.text.split("ID:").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(stack.run(&bowline, &["force-unlock", "-force", "wrong"]).code, 1);
    stack.run(&bowline, &["force-unlock", "-force", &id]).well();
    stack.run(&bowline, &["plan"]).well();
    let _ = holder.kill();
    let _ = holder.wait();
    // Killed, it leaves no lock behind.
    let mut holder = stack.hold(&bowline);
    let _ = holder.kill();
    let _ = holder.wait();
    stack.run(&bowline, &["plan", "-lock-timeout=10s"]).well();
    stack.run(&bowline, &["workspace", "new", "two"]).well();
    stack.run(&bowline, &["apply", "-auto-approve"]).well();
    assert_eq!(postgres.ask("SELECT count(*) FROM terraform_remote_state.states"), "2");
    stack.run(&bowline, &["workspace", "select", "default"]).well();
    stack.run(&bowline, &["workspace", "delete", "-force", "two"]).well();
    assert!(!stack.run(&bowline, &["workspace", "list"]).well().contains("two"));
}

#[test]
fn both_tools_share_a_database() {
    const WHAT: &str = "the pg backend with terraform";
    let Some(terraform) = terraform::program() else { return skipped(WHAT, "no terraform on PATH") };
    let Some(postgres) = Postgres::start(WHAT) else { return };
    let stack = Stack { place: Place::new(STACK), postgres: &postgres };
    let bowline = bowline();
    stack.run(&bowline, &["init"]).well();
    stack.run(&bowline, &["apply", "-auto-approve"]).well();
    stack.run(&terraform, &["init", "-reconfigure"]).well();
    let plan = stack.run(&terraform, &["plan", "-detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.text);
    stack.run(&terraform, &["apply", "-auto-approve", "-var=word=2"]).well();
    let plan = stack.run(&bowline, &["plan", "-detailed-exitcode", "-var=word=2"]);
    assert_eq!(plan.code, 0, "{}", plan.text);
    stack.run(&terraform, &["workspace", "new", "two"]).well();
    assert!(stack.run(&bowline, &["workspace", "list"]).well().contains("* two"));
    stack.run(&terraform, &["workspace", "select", "default"]).well();
    for (holder, other) in [(&bowline, &terraform), (&terraform, &bowline)] {
        let mut running = stack.hold(holder);
        let refused = stack.run(other, &["plan"]);
        assert!(refused.code == 1 && refused.text.contains("lock"), "{}", refused.text);
        let _ = running.kill();
        let _ = running.wait();
        std::thread::sleep(Duration::from_millis(300));
        stack.run(other, &["plan"]).well();
    }
}

#[test]
fn tls_is_as_far_trusted_as_is_asked() {
    let Some(postgres) = Postgres::start("TLS of the pg backend") else { return };
    let root = postgres.folder.path().join("root.crt");
    if !root.is_file() {
        return skipped("TLS of the pg backend", "no openssl to make a certificate");
    }
    let place = Place::new(STACK);
    let port = postgres.port;
    let root = root.display();
    for (host, parameters, works) in [
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        ("127.0.0.1", String::new(), true),
        ("localhost", format!("sslmode=verify-full&sslrootcert={root}"), true),
        ("127.0.0.1", format!("sslmode=verify-full&sslrootcert={root}"), false),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={root}"), true),
        ("localhost", "sslmode=verify-full".to_owned(), false),
    ] {
        let text = format!("postgres://team:hush@{host}:{port}/postgres?{parameters}");
        let mut command = place.command(&bowline(), &["init", "-reconfigure"]);
        crate::ran(&command.env("PG_CONN_STR", &text).output().unwrap()).well();
        let mut command = place.command(&bowline(), &["plan"]);
        let ran = crate::ran(&command.env("PG_CONN_STR", &text).output().unwrap());
        assert_eq!(ran.code == 0, works, "{host} {parameters}:\n{}", ran.text);
        assert!(!ran.text.contains("hush"), "{}", ran.text);
    }
    let encrypted = postgres.ask("SELECT count(*) FROM terraform_remote_state.states");
    assert_eq!(encrypted, "1");
}
