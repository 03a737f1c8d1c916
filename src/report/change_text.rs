//! A [`Change`] in the layout that Terraform's users know.

mod strings;
#[cfg(test)]
mod tests;

use crate::eval::console::quoted;
use crate::plan::Action;
use crate::report::change::{BlockChange, Change, Node};
use crate::report::style::{Paint, Style};
use crate::value::{Value, ValueKind};

/// Arguments that are shown even if they did not change, because people know objects by them.
const TELLING: [&str; 3] = ["id", "name", "tags"];

/// How a part is laid out.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    style: &'a Style,
    /// Unchanged parts are shown rather than counted.
    show_unchanged: bool,
    /// What goes is not followed by `-> null`, since the whole around it says so.
    no_null: bool,
    /// Without a column for symbols: the value is shown as it is.
    bare: bool,
}

impl<'a> Layout<'a> {
    /// What changed, with unchanged parts counted.
    pub fn new(style: &'a Style) -> Self {
        Self { style, show_unchanged: false, no_null: false, bare: false }
    }

    /// What changed and what did not, with symbols.
    pub fn verbose(style: &'a Style) -> Self {
        Self { show_unchanged: true, ..Self::new(style) }
    }

    /// An object as it is, all of it, without symbols.
    pub fn whole(style: &'a Style) -> Self {
        Self { style, show_unchanged: true, no_null: true, bare: true }
    }

    /// The text of a change whose first line stands after a symbol at `depth`.
    pub fn render(&self, change: &Change, depth: usize) -> String {
        let forces = self.forces(change);
        match &change.node {
            Node::Scalar(before, after) => self.scalar(change, before.as_ref(), after.as_ref(), depth),
            Node::Hidden(..) => format!("(sensitive value){}{forces}", self.null(change.action)),
            Node::Unknown(None) => format!("(known after apply){forces}"),
            Node::Unknown(Some(before)) => {
                let before = Self { no_null: true, ..*self }.render(before, depth);
                format!("{before} -> (known after apply){forces}")
            }
            Node::Retyped(before, after) => {
                let plain = Self { no_null: true, ..*self };
                let (before, after) = (plain.render(before, depth), plain.render(after, depth));
                format!("{before} {} {after}{forces}", self.arrow())
            }
            Node::Object(fields) => self.object(change, fields, depth),
            Node::Map(fields) => self.map(change, fields, depth),
            Node::List(items) => self.list(change, items, depth),
            Node::Set(items) => self.set(change, items, depth),
            Node::Block { attributes, blocks } => self.block(change, attributes, blocks, depth),
        }
    }

    /// The symbol column of an action, four wide: `  + `.
    pub fn symbol(&self, action: Action) -> String {
        if self.bare { String::new() } else { format!("{} ", symbol(action, self.style)) }
    }

    fn scalar(&self, change: &Change, before: Option<&Value>, after: Option<&Value>, depth: usize) -> String {
        let is_text = |value: Option<&Value>| value.is_none_or(|v| v.as_str().is_some() || v.is_null());
        if is_text(before) && is_text(after) {
            return self.string(change, before.and_then(Value::as_str), after.and_then(Value::as_str), depth);
        }
        let forces = self.forces(change);
        let text = |value: Option<&Value>| value.map_or_else(|| "null".into(), scalar_text);
        match change.action {
            Action::Create | Action::NoOp => format!("{}{forces}", text(after)),
            Action::Delete => format!("{}{}{forces}", text(before), self.null(change.action)),
            _ => format!("{} {} {}{forces}", text(before), self.arrow(), text(after)),
        }
    }

    fn object(&self, change: &Change, fields: &[(std::sync::Arc<str>, Change)], depth: usize) -> String {
        let (forces, null) = (self.forces(change), self.null(change.action));
        if fields.is_empty() {
            return format!("{{}}{null}{forces}");
        }
        let inner = Self { no_null: true, ..*self };
        let body = inner.fields(fields, depth, argument_name);
        format!("{{{forces}\n{body}{}{}}}{null}", indent(depth), self.symbol(Action::NoOp))
    }

    fn map(&self, change: &Change, fields: &[(std::sync::Arc<str>, Change)], depth: usize) -> String {
        let (forces, null) = (self.forces(change), self.null(change.action));
        if fields.is_empty() {
            return format!("{{}}{null}{forces}");
        }
        let width = fields.iter().map(|(key, _)| quoted(key).chars().count()).max().unwrap_or(0);
        let mut body = String::new();
        let mut unchanged = 0;
        for (key, element) in fields {
            if element.action == Action::NoOp && !self.show_unchanged {
                unchanged += 1;
                continue;
            }
            let comma = if matches!(element.node, Node::Object(_)) { "," } else { "" };
            let text = self.render(element, depth + 1);
            let key = quoted(key);
            body += &format!("{}{}{key:width$} = {text}{comma}\n", indent(depth + 1), self.symbol(element.action));
        }
        body += &self.unchanged("element", unchanged, depth);
        format!("{{{forces}\n{body}{}{}}}{null}", indent(depth), self.symbol(Action::NoOp))
    }

    /// Around each change the elements next to it are shown too, since in a list the place matters.
    fn list(&self, change: &Change, items: &[Change], depth: usize) -> String {
        let (forces, null) = (self.forces(change), self.null(change.action));
        if items.is_empty() {
            return format!("[]{null}{forces}");
        }
        let changed = Self { no_null: true, ..*self };
        let whole = Self { show_unchanged: true, ..changed };
        let line = |layout: &Self, item: &Change| {
            format!("{}{}{},\n", indent(depth + 1), layout.symbol(item.action), layout.render(item, depth + 1))
        };
        let mut body = String::new();
        let mut skipped: Vec<&Change> = Vec::new();
        let mut after_change = false;
        for item in items {
            if item.action == Action::NoOp && !after_change && !self.show_unchanged {
                skipped.push(item);
                continue;
            }
            if let Some((last, earlier)) = skipped.split_last() {
                body += &self.unchanged("element", earlier.len(), depth);
                body += &line(&whole, last);
            }
            skipped.clear();
            after_change = item.action != Action::NoOp;
            body += &line(if after_change { &changed } else { &whole }, item);
        }
        body += &self.unchanged("element", skipped.len(), depth);
        format!("[{forces}\n{body}{}{}]{null}", indent(depth), self.symbol(Action::NoOp))
    }

    fn set(&self, change: &Change, items: &[Change], depth: usize) -> String {
        let (forces, null) = (self.forces(change), self.null(change.action));
        if items.is_empty() {
            return format!("[]{null}{forces}");
        }
        let inner = Self { no_null: true, ..*self };
        let mut body = String::new();
        let mut unchanged = 0;
        for item in items {
            if item.action == Action::NoOp && !self.show_unchanged {
                unchanged += 1;
                continue;
            }
            body += &format!("{}{}{},\n", indent(depth + 1), inner.symbol(item.action), inner.render(item, depth + 1));
        }
        body += &self.unchanged("element", unchanged, depth);
        format!("[{forces}\n{body}{}{}]{null}", indent(depth), self.symbol(Action::NoOp))
    }

    fn block(
        &self,
        change: &Change,
        attributes: &[(std::sync::Arc<str>, Change)],
        blocks: &[BlockChange],
        depth: usize,
    ) -> String {
        let forces = self.forces(change);
        if attributes.is_empty() && blocks.is_empty() {
            return format!("{{}}{forces}");
        }
        let mut body = self.fields(attributes, depth, argument_name);
        let mut unchanged = 0;
        let mut last = None;
        for (name, label, block) in blocks {
            if block.action == Action::NoOp && !self.show_unchanged {
                unchanged += 1;
                continue;
            }
            if last != Some(name) && !body.is_empty() {
                body.push('\n');
            }
            last = Some(name);
            let label = label.as_ref().map(|label| format!(" {}", quoted(label))).unwrap_or_default();
            let text = self.nested(block, depth + 1);
            body += &format!("{}{}{name}{label} {text}\n", indent(depth + 1), self.symbol(block.action));
        }
        if unchanged > 0 {
            body += &format!("\n{}", self.unchanged("block", unchanged, depth));
        }
        format!("{{{forces}\n{body}{}{}}}", indent(depth), self.symbol(Action::NoOp))
    }

    fn nested(&self, block: &Change, depth: usize) -> String {
        if !matches!(block.node, Node::Hidden(..)) {
            return self.render(block, depth);
        }
        let line = |text: &str| format!("{}{}{text}\n", indent(depth + 1), self.symbol(Action::NoOp));
        format!(
            "{{{}\n{}{}{}{}}}",
            self.forces(block),
            line("# At least one attribute in this block is (or was) sensitive,"),
            line("# so its contents will not be displayed."),
            indent(depth),
            self.symbol(Action::NoOp)
        )
    }

    /// `name = value` lines with their names aligned, and how many were left out.
    fn fields(&self, fields: &[(std::sync::Arc<str>, Change)], depth: usize, name: impl Fn(&str) -> String) -> String {
        let names: Vec<String> = fields.iter().map(|(key, _)| name(key)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let margin = indent(depth + 1);
        let mut body = String::new();
        let mut unchanged = 0;
        for (name, (key, field)) in names.iter().zip(fields) {
            if field.action == Action::NoOp && !self.show_unchanged && !TELLING.contains(&&**key) {
                unchanged += 1;
                continue;
            }
            let layout = if field.action == Action::NoOp { Self { show_unchanged: true, ..*self } } else { *self };
            body += &self.warning(field, depth + 1);
            body += &margin;
            body += &self.symbol(field.action);
            body += name;
            body.extend(std::iter::repeat_n(' ', width - name.chars().count()));
            body += " = ";
            body += &layout.render(field, depth + 1);
            body.push('\n');
        }
        body + &self.unchanged("attribute", unchanged, depth)
    }

    /// What a person should know when a value becomes sensitive or ceases to be.
    fn warning(&self, field: &Change, depth: usize) -> String {
        let text = match field.node {
            Node::Hidden(false, true) if field.action == Action::Update => [
                "this attribute value will be marked as sensitive and will not",
                "display in UI output after applying this change.",
            ],
            Node::Hidden(true, false) if field.action == Action::Update => {
                ["this attribute value will no longer be marked as sensitive", "after applying this change."]
            }
            _ => return String::new(),
        };
        let mark = self.style.paint(Paint::Yellow, "# Warning");
        let hash = self.style.paint(Paint::Yellow, "#");
        let margin = format!("{}  ", indent(depth));
        format!("{margin}{mark}: {}\n{margin}{hash} {}\n", text[0], text[1])
    }

    fn unchanged(&self, what: &str, count: usize, depth: usize) -> String {
        if count == 0 {
            return String::new();
        }
        let plural = if count == 1 { "" } else { "s" };
        let text = self.style.paint(Paint::Faint, format!("# ({count} unchanged {what}{plural} hidden)"));
        format!("{}{}{text}\n", indent(depth + 1), self.symbol(Action::NoOp))
    }

    fn forces(&self, change: &Change) -> String {
        if !change.forces_replacement {
            return String::new();
        }
        format!(" {}", self.style.paint(Paint::Red, "# forces replacement"))
    }

    fn null(&self, action: Action) -> String {
        if self.no_null || action != Action::Delete {
            return String::new();
        }
        format!(" {}", self.style.paint(Paint::Faint, "-> null"))
    }

    fn arrow(&self) -> String {
        self.style.paint(Paint::Yellow, "->")
    }
}

/// The three columns that say what happens.
pub fn symbol(action: Action, style: &Style) -> String {
    let red = |text: &str| style.paint(Paint::Red, text);
    let green = |text: &str| style.paint(Paint::Green, text);
    match action {
        Action::NoOp => "   ".into(),
        Action::Create => format!("  {}", green("+")),
        Action::Delete => format!("  {}", red("-")),
        Action::Update => format!("  {}", style.paint(Paint::Yellow, "~")),
        Action::Read => format!(" {}", style.paint(Paint::Cyan, "<=")),
        Action::DeleteThenCreate => format!("{}/{}", red("-"), green("+")),
        Action::CreateThenDelete => format!("{}/{}", green("+"), red("-")),
        Action::Forget => format!("  {}", red(".")),
    }
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

/// A name as it can stand on the left of `=`.
fn argument_name(name: &str) -> String {
    let mut chars = name.chars();
    let starts_well = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let plain = starts_well && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    if plain { name.to_owned() } else { quoted(name) }
}

fn scalar_text(value: &Value) -> String {
    match value.kind() {
        ValueKind::Bool(b) => b.to_string(),
        ValueKind::Number(n) => n.to_string(),
        ValueKind::String(s) => quoted(s),
        _ => "null".into(),
    }
}
