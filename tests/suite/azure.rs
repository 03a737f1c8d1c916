//! Asking the embedded Azure by hand, as somebody in the portal would behind the stack's back.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;

use crate::workplace::Workplace;

/// Serves the stack's world for one request and returns the answer: its status and body.
pub fn ask(workplace: &Workplace, method: &str, path: &str, body: &str) -> String {
    Server::start(workplace).ask(method, path, body)
}

/// A server that ends with its use, also when that fails.
pub struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// Serves the stack's world.
    pub fn start(workplace: &Workplace) -> Self {
        let world = workplace.root().join(".bowline/world.jsonl").to_string_lossy().into_owned();
        let arguments = ["simulator", "-world", &world, "-port", "0"].map(str::to_owned);
        let mut process = workplace.command(&arguments).spawn().unwrap();
        let address = address_of(&mut process);
        Self { process, address }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks it something: status and body.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        request(&self.address, method, path, body)
    }

    /// Returns once it holds a request.
    pub fn wait_until_held(&self) {
        crate::workplace::wait(|| self.holds().then_some(()));
    }

    /// Whether it holds a request.
    pub fn holds(&self) -> bool {
        !self.ask("GET", "/simulator", "").contains("\"held\":0")
    }
}

/// Whether an answer of `GET /simulator/world` holds no resource.
pub fn is_empty(answer: &str) -> bool {
    let body = answer.split_once('\n').map_or("", |(_, body)| body);
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    json["value"].as_array().map(Vec::is_empty).unwrap()
}

/// The address that the server says it listens on.
fn address_of(server: &mut Child) -> String {
    for line in BufReader::new(server.stdout.as_mut().unwrap()).lines() {
        if let Some((_, address)) = line.unwrap().split_once("http://") {
            let end = address.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':')).unwrap_or(address.len());
            return address[..end].trim_end_matches(['.', ':']).to_owned();
        }
    }
    panic!("the simulator did not say where it listens");
}

/// One request: status and body.
pub fn request(address: &str, method: &str, path: &str, body: &str) -> String {
    request_as("by-hand", address, method, path, body)
}

/// One request with this token: status and body.
pub fn request_as(token: &str, address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    format!("{status}\n{body}")
}
