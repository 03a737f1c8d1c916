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
                return message.get("error").unwrap_or(&message["result"]).clone();
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
        let place = self.place(text, mark, within);
        self.ask(method, &place)
    }

    fn place(&self, text: &str, mark: &str, within: usize) -> Value {
        let at = text.find(mark).unwrap() + within;
        let line = text[..at].matches('\n').count();
        let character = text[..at].rsplit('\n').next().unwrap().len();
        json!({ "textDocument": { "uri": self.uri }, "position": { "line": line, "character": character } })
    }

    /// Gives what is named at a place another name: the texts that come of it, by file, or why it cannot be.
    fn rename(&mut self, texts: &[(&str, &str)], mark: &str, within: usize, name: &str) -> Result<Vec<String>, String> {
        let mut asked = self.place(texts[0].1, mark, within);
        asked["newName"] = name.into();
        let answer = self.ask("textDocument/rename", &asked);
        let Some(changes) = answer["changes"].as_object() else {
            return Err(answer["message"].as_str().unwrap_or_default().to_owned());
        };
        let folder = self.uri.rsplit_once('/').unwrap().0;
        let of_file = |(file, text): &(&str, &str)| edited(text, changes.get(&format!("{folder}/{file}")));
        Ok(texts.iter().map(of_file).collect())
    }
}

/// A text with edits made, from the last to the first.
fn edited(text: &str, edits: Option<&Value>) -> String {
    let place = |position: &Value| {
        let number = |name: &str| usize::try_from(position[name].as_u64().unwrap()).unwrap();
        text.split_inclusive('\n').take(number("line")).map(str::len).sum::<usize>() + number("character")
    };
    let mut edits: Vec<_> = edits.and_then(Value::as_array).into_iter().flatten().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(place(&edit["range"]["start"])));
    let mut text = text.to_owned();
    for edit in edits {
        let range = place(&edit["range"]["start"])..place(&edit["range"]["end"]);
        text.replace_range(range, edit["newText"].as_str().unwrap());
    }
    text
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

const USED: &str = "\
variable \"region\" {}

resource \"azurerm_resource_group\" \"main\" {
  name     = \"rg-${var.region}\"
  location = var.region
}

output \"ids\" {
  value = { for region in [var.region] : region => azurerm_resource_group.main.id }
}
";

#[test]
fn names_are_found_and_changed_wherever_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let (more, values) = ("locals {\n  id = azurerm_resource_group.main.id\n}\n", "region = \"westeurope\"\n");
    for (name, text) in [("main.tf", USED), ("more.tf", more), ("terraform.tfvars", values)] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let workplace = Workplace::copy_of(folder.path());
    let mut editor = Editor::start(&workplace);
    editor.show("textDocument/didOpen", USED);
    let texts = [("main.tf", USED), ("more.tf", more), ("terraform.tfvars", values)];

    let mut asked = editor.place(USED, "var.region", 5);
    for (with_declaration, uses) in [(true, 5), (false, 4)] {
        asked["context"] = json!({ "includeDeclaration": with_declaration });
        assert_eq!(editor.ask("textDocument/references", &asked).as_array().unwrap().len(), uses);
    }
    let prepared = editor.about("textDocument/prepareRename", USED, "\"region\"", 2);
    assert_eq!(prepared["placeholder"], "region");

    let renamed = editor.rename(&texts, "var.region", 5, "place").unwrap();
    assert_eq!(renamed[0], USED.replace("var.region", "var.place").replace("\"region\"", "\"place\""));
    assert_eq!((&*renamed[1], &*renamed[2]), (more, "place = \"westeurope\"\n"));

    // What has a state is told of its new name.
    let renamed = editor.rename(&texts, "azurerm_resource_group.main", 24, "all").unwrap();
    let moved = "\nmoved {\n  from = azurerm_resource_group.main\n  to   = azurerm_resource_group.all\n}\n";
    let expected = USED.replace("_group.main", "_group.all").replace("\"main\"", "\"all\"");
    assert_eq!(renamed[0], format!("{expected}{moved}"));
    assert_eq!(renamed[1], more.replace(".main", ".all"));

    for (name, why) in [("9", "is no name"), ("", "is no name")] {
        let refused = editor.rename(&texts, "var.region", 5, name).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
    let nothing = editor.rename(&texts, "value = ", 2, "other").unwrap_err();
    assert!(nothing.contains("Nothing that can be renamed"), "{nothing}");
}
