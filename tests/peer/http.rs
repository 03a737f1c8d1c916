//! The http backend against a server on this machine, and together with Terraform.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::remote::{Remote, is_encrypted, moves_in_and_out, survives_cuts};
use crate::{Place, skipped, terraform};

/// What the server keeps.
#[derive(Default)]
struct Kept {
    state: Vec<u8>,
    lock: Vec<u8>,
    /// Answer so many requests with 503 first.
    busy: usize,
    requests: Vec<String>,
}

struct Server {
    address: String,
    kept: Arc<Mutex<Kept>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let shared = kept.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || serve(&stream, &shared));
            }
        });
        Self { address, kept }
    }

    fn remote(&self) -> Remote {
        let block = r#"
  backend "http" {
    address        = "http://{host}/state?team=a"
    lock_address   = "http://{host}/lock"
    unlock_address = "http://{host}/lock"
    username       = "team"
    retry_wait_min = 1
    retry_wait_max = 1
  }"#;
        Remote {
            block: block.to_owned(),
            environment: vec![("TF_HTTP_PASSWORD".to_owned(), "hush".to_owned())],
            address: self.address.clone(),
            mirrors: false,
        }
    }

    fn clear(&self) {
        *self.kept.lock().unwrap() = Kept::default();
    }
}

fn serve(stream: &TcpStream, kept: &Mutex<Kept>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header).unwrap_or(0) == 0 {
                return;
            }
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let (status, answer) = answer(&line, &headers, &body, &mut kept.lock().unwrap());
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", answer.len());
        let mut stream = stream;
        if stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).is_err() {
            return;
        }
    }
}

fn answer(line: &str, headers: &BTreeMap<String, String>, body: &[u8], kept: &mut Kept) -> (u16, Vec<u8>) {
    use base64::Engine;
    let expected = base64::prelude::BASE64_STANDARD.encode("team:hush");
    if headers.get("authorization") != Some(&format!("Basic {expected}")) {
        return (401, Vec::new());
    }
    if kept.busy > 0 {
        kept.busy -= 1;
        return (503, Vec::new());
    }
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    kept.requests.push(format!("{method} {target}"));
    let id = |lock: &[u8]| {
        let lock: serde_json::Value = serde_json::from_slice(lock).unwrap_or_default();
        lock["ID"].as_str().unwrap_or_default().to_owned()
    };
    match method {
        "GET" if kept.state.is_empty() => (404, Vec::new()),
        "GET" => (200, kept.state.clone()),
        "POST" if kept.lock.is_empty() || target.contains(&format!("ID={}", id(&kept.lock))) => {
            assert!(headers.contains_key("content-md5"));
            kept.state = body.to_vec();
            (200, Vec::new())
        }
        "POST" => (409, Vec::new()),
        "LOCK" if kept.lock.is_empty() => {
            kept.lock = body.to_vec();
            (200, Vec::new())
        }
        "LOCK" => (423, kept.lock.clone()),
        "UNLOCK" if kept.lock.is_empty() || id(&kept.lock) == id(body) => {
            kept.lock.clear();
            (200, Vec::new())
        }
        "UNLOCK" => (409, kept.lock.clone()),
        _ => (405, Vec::new()),
    }
}

#[test]
fn the_connection_is_cut_at_every_call() {
    let server = Server::start();
    survives_cuts(&server.remote(), &|| server.clear());
}

#[test]
fn states_move_in_and_out_and_are_encrypted() {
    let server = Server::start();
    moves_in_and_out(&server.remote());
    server.clear();
    is_encrypted(&server.remote(), &|| server.kept.lock().unwrap().state.clone());
}

#[test]
fn both_tools_share_a_state_and_its_lock() {
    const WHAT: &str = "the http backend with terraform";
    let Some(program) = terraform::program() else { return skipped(WHAT, "no terraform on PATH") };
    let server = Server::start();
    let block = server.remote().block.replace("{host}", &server.address);
    let stack = "variable \"word\" {\n  default = 1\n}\nresource \"terraform_data\" \"a\" {\n  input = var.word\n}\n";
    let place = Place::new(&format!("terraform {{{block}\n}}\n{stack}"));
    let run = |program: &std::path::Path, arguments: &[&str]| {
        crate::ran(&place.command(program, arguments).env("TF_HTTP_PASSWORD", "hush").output().unwrap())
    };
    let bowline = std::path::Path::new(env!("CARGO_BIN_EXE_bowline"));
    run(bowline, &["init"]).well();
    server.kept.lock().unwrap().busy = 2;
    run(bowline, &["apply", "-auto-approve"]).well();
    run(&program, &["init", "-reconfigure"]).well();
    let plan = run(&program, &["plan", "-detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.text);
    run(&program, &["apply", "-auto-approve", "-var=word=2"]).well();
    let plan = run(bowline, &["plan", "-detailed-exitcode", "-var=word=2"]);
    assert_eq!(plan.code, 0, "{}", plan.text);
    // Somebody's lock keeps both off, and says whose it is.
    let holder = r#"{"ID":"11111111-2222-4333-8444-555555555555","Operation":"apply","Info":"","Who":"ann@desk","Version":"1.11.4","Created":"2026-01-01T00:00:00Z","Path":""}"#;
    server.kept.lock().unwrap().lock = holder.into();
    let refused = run(bowline, &["plan"]);
    assert!(refused.code == 1 && refused.text.contains("ann@desk"), "{}", refused.text);
    assert_eq!(run(&program, &["plan"]).code, 1);
    assert_eq!(run(bowline, &["force-unlock", "-force", "wrong"]).code, 1);
    run(bowline, &["force-unlock", "-force", "11111111-2222-4333-8444-555555555555"]).well();
    run(bowline, &["plan"]).well();
    let text = run(bowline, &["workspace", "new", "x"]);
    assert!(text.code == 1 && text.text.contains("Workspaces not supported"), "{}", text.text);
}
