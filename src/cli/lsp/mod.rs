//! `bowline lsp`: a language server over standard input and output. The transport is the crate lsp-server; what it
//! answers comes from the same reader, tables and checks as every other command's.

mod complete;
mod look;
mod names;
mod place;
mod tell;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, Response};
use serde_json::{Value as Json, json};

use super::Exit;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::syntax::fmt;
use look::Project;
use place::{folder_of, offset, path_of, range, uri_of};

/// Serve editors: diagnostics, completion, help on hover, definitions, uses, renaming, formatting
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  bowline lsp\n\nEditors start it themselves; it speaks the Language Server Protocol over standard input and output."
)]
pub struct Arguments {
    /// Accepted for editors that say it
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves until the client leaves.
pub fn run(arguments: &Arguments) -> Result<Exit, Diagnostics> {
    let _ = arguments.stdio;
    let (connection, threads) = Connection::stdio();
    let capabilities = json!({
        "textDocumentSync": { "openClose": true, "change": 1, "save": true },
        "completionProvider": { "triggerCharacters": ["\"", "."] },
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "renameProvider": { "prepareProvider": true },
        "documentFormattingProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
    });
    let failed = |why: String| Diagnostics::from(Diagnostic::error("Language server stopped", why));
    connection.initialize(capabilities).map_err(|error| failed(error.to_string()))?;
    let mut server = Server { unsaved: BTreeMap::new(), told: Vec::new() };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).map_err(|error| failed(error.to_string()))? {
                    break;
                }
                let response = match server.answer(&request) {
                    Ok(answer) => Response::new_ok(request.id, answer),
                    Err(why) => Response::new_err(request.id, ErrorCode::RequestFailed as i32, why),
                };
                if connection.sender.send(Message::Response(response)).is_err() {
                    break;
                }
            }
            Message::Notification(notification) => {
                for told in server.hear(&notification) {
                    drop(connection.sender.send(Message::Notification(told)));
                }
            }
            Message::Response(_) => {}
        }
    }
    drop(connection);
    threads.join().map_err(|error| failed(error.to_string()))?;
    Ok(Exit::Success)
}

/// What the client has open.
struct Server {
    unsaved: BTreeMap<PathBuf, Arc<str>>,
    /// The files that have diagnostics on the client's screen.
    told: Vec<PathBuf>,
}

impl Server {
    /// What was asked for; an error is told to whoever asked.
    fn answer(&self, request: &Request) -> Result<Json, String> {
        let parameters = &request.params;
        let Some(path) = parameters.pointer("/textDocument/uri").and_then(Json::as_str).and_then(path_of) else {
            return Ok(Json::Null);
        };
        let Some(text) = self.text(&path) else { return Ok(Json::Null) };
        let at = offset(&text, parameters.get("position").unwrap_or(&Json::Null));
        let project = || self.project(&path);
        Ok(match request.method.as_str() {
            "textDocument/completion" => complete::at(&project(), &text, at),
            "textDocument/hover" => tell::hover(&project(), &text, at),
            "textDocument/definition" => tell::definition(&project(), &text, at),
            "textDocument/references" => {
                let declaration = parameters.pointer("/context/includeDeclaration").and_then(Json::as_bool);
                names::references(&project(), &path, at, declaration.unwrap_or(true))
            }
            "textDocument/prepareRename" => names::renamable(&project(), &path, at),
            "textDocument/rename" => {
                let name = parameters.get("newName").and_then(Json::as_str).unwrap_or_default();
                return names::rename(&project(), &path, at, name);
            }
            "textDocument/formatting" => formatted(&path, &text),
            "textDocument/codeAction" => tell::actions(&project(), &path, &text, parameters),
            _ => Json::Null,
        })
    }

    /// Takes in what the client says; gives what there is to tell it.
    fn hear(&mut self, notification: &Notification) -> Vec<Notification> {
        let parameters = &notification.params;
        let Some(path) = parameters.pointer("/textDocument/uri").and_then(Json::as_str).and_then(path_of) else {
            return Vec::new();
        };
        let text = match notification.method.as_str() {
            "textDocument/didOpen" => parameters.pointer("/textDocument/text"),
            "textDocument/didChange" => parameters.pointer("/contentChanges/0/text"),
            "textDocument/didSave" => None,
            "textDocument/didClose" => {
                self.unsaved.remove(&path);
                None
            }
            _ => return Vec::new(),
        };
        if let Some(text) = text.and_then(Json::as_str) {
            self.unsaved.insert(path.clone(), text.into());
        }
        self.diagnose(&path)
    }

    fn diagnose(&mut self, path: &Path) -> Vec<Notification> {
        let mut by_file = self.project(path).diagnostics();
        // What was told of a file before is taken back where nothing is wrong with it any more.
        for file in std::mem::take(&mut self.told) {
            if folder_of(&file) == folder_of(path) {
                by_file.entry(file).or_default();
            } else {
                self.told.push(file);
            }
        }
        by_file.entry(path.to_path_buf()).or_default();
        let told = by_file.into_iter().map(|(file, diagnostics)| {
            if !diagnostics.is_empty() {
                self.told.push(file.clone());
            }
            let parameters = json!({ "uri": uri_of(&file), "diagnostics": diagnostics });
            Notification::new("textDocument/publishDiagnostics".to_owned(), parameters)
        });
        told.collect()
    }

    fn project(&self, path: &Path) -> Project {
        Project::look(&folder_of(path), &self.unsaved)
    }

    fn text(&self, path: &Path) -> Option<Arc<str>> {
        self.unsaved.get(path).cloned().or_else(|| std::fs::read_to_string(path).ok().map(Into::into))
    }
}

/// One edit of the whole text, or none when it is as it should be.
fn formatted(path: &Path, text: &str) -> Json {
    let is_native = path.extension().is_some_and(|ending| ["tf", "tfvars", "hcl"].iter().any(|known| ending == *known));
    let formatted = fmt::format_text(text);
    if !is_native || formatted == text {
        return json!([]);
    }
    json!([{ "range": range(text, 0..text.len()), "newText": formatted }])
}
