//! The language server, spoken to as an editor does: over its standard input and output, with headers and JSON.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::workplace::Workplace;

const MAIN: &str = "\
variable \"region\" {
  description = \"Where everything is.\"
  default     = \"westeurope\"
}

resource \"azurerm_resource_group\" \"main\" {
  name     = \"rg\"
  location = var.region
}

resource \"azurerm_kubernetes_cluster_node_pool\" \"a\" {
  name                  = \"a\"
  kubernetes_cluster_id = azurerm_resource_group.main.id
  enable_auto_scaling   = true
}

resource \"azurerm_role_assignment\" \"a\" {
  scope = azurerm_resource_group.main.id
  role_definition_name = \"Key V\"
}
";

/// A client.
struct Editor {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    uri: String,
    asked: u64,
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Editor {
    fn start(workplace: &Workplace) -> Self {
        let mut process = workplace.command(&["lsp".to_owned()]).stdin(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), BufReader::new(process.stdout.take().unwrap()));
        let uri = format!("file://{}/main.tf", workplace.root().display());
        let mut editor = Self { process, input, output, uri, asked: 0 };
        let capabilities = editor.ask("initialize", &json!({ "capabilities": {} }))["capabilities"].clone();
        assert_eq!(capabilities["hoverProvider"], true);
        editor.tell("initialized", &json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let number = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": number, "method": method, "params": parameters }));
        loop {
            let message = self.receive();
            if message["id"] == number {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server has gone");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(text) => length = text.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    /// Opens or changes the text; what the server says of it then.
    fn show(&mut self, method: &str, text: &str) -> Vec<Value> {
        let document = json!({ "uri": self.uri, "languageId": "terraform", "version": 1, "text": text });
        self.tell(method, &json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
        loop {
            let message = self.receive();
            if message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == self.uri.as_str() {
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// Asks about the place where `mark` stands in `text`, `within` bytes into it.
    fn about(&mut self, method: &str, text: &str, mark: &str, within: usize) -> Value {
        let at = text.find(mark).unwrap() + within;
        let line = text[..at].matches('\n').count();
        let character = text[..at].rsplit('\n').next().unwrap().len();
        let place =
            json!({ "textDocument": { "uri": self.uri }, "position": { "line": line, "character": character } });
        self.ask(method, &place)
    }
}

fn labels(items: &Value) -> Vec<&str> {
    items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

#[test]
fn an_editor_is_served() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("main.tf"), "").unwrap();
    let workplace = Workplace::copy_of(folder.path());
    let mut editor = Editor::start(&workplace);

    let found = editor.show("textDocument/didOpen", MAIN);
    let renamed = found.iter().find(|d| d["message"].as_str().unwrap().contains("auto_scaling_enabled")).unwrap();
    assert_eq!(renamed["range"]["start"]["line"], 13);
    let context = json!({ "textDocument": { "uri": editor.uri }, "range": renamed["range"], "context": { "diagnostics": [renamed] } });
    let actions = editor.ask("textDocument/codeAction", &context);
    assert_eq!(actions[0]["title"], "Rename to auto_scaling_enabled");
    let uri = editor.uri.clone();
    assert_eq!(actions[0]["edit"]["changes"][&uri][0]["newText"], "auto_scaling_enabled");

    let hover = editor.about("textDocument/hover", MAIN, "var.region", 6);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Where everything is."), "{hover}");
    let hover = editor.about("textDocument/hover", MAIN, "kubernetes_cluster_id", 3);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("required string"), "{hover}");
    let target = editor.about("textDocument/definition", MAIN, "azurerm_resource_group.main", 25);
    assert_eq!((&target["uri"], &target["range"]["start"]["line"]), (&json!(uri), &json!(5)));
    let roles = editor.about("textDocument/completion", MAIN, "\"Key V\"", 6);
    assert!(labels(&roles).contains(&"Key Vault Secrets User"), "{roles}");
    let references = editor.about("textDocument/completion", MAIN, "azurerm_resource_group.main.id", 28);
    assert!(labels(&references).contains(&"location"), "{references}");

    let edits = editor.ask("textDocument/formatting", &json!({ "textDocument": { "uri": uri }, "options": {} }));
    assert!(edits[0]["newText"].as_str().unwrap().contains("scope                = azurerm"), "{edits}");

    let begun = MAIN.replace("  location = var.region\n", "  location = var.region\n  ta\n");
    editor.show("textDocument/didChange", &begun);
    let names = editor.about("textDocument/completion", &begun, "  ta\n", 4);
    assert!(labels(&names).contains(&"tags"), "{names}");
    let kinds = format!("{MAIN}\nresource \"azurerm_k");
    editor.show("textDocument/didChange", &kinds);
    let names = editor.about("textDocument/completion", &kinds, "resource \"azurerm_k", 19);
    let whole = editor.about("textDocument/completion", &kinds, "\nresource \"azurerm_k", 20);
    assert!([&names, &whole].iter().any(|items| labels(items).contains(&"azurerm_kubernetes_cluster")), "{names}");

    editor.ask("shutdown", &Value::Null);
    editor.tell("exit", &Value::Null);
    assert!(editor.process.wait().unwrap().success());
}
