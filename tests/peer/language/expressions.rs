//! Random expressions: most of them well typed, all of them well formed.

use crate::choices::Choices;
use crate::functions::FUNCTIONS;
use crate::samples;

/// What is wanted of an expression. Now and then it is given something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Number,
    Small,
    Text,
    Truth,
    Numbers,
    Texts,
    Truths,
    Sequence,
    Mapping,
    Anything,
    Digits,
    Key,
    Pattern,
    Template,
    Format,
    Encoded,
    Csv,
    Json,
    Yaml,
    Tfvars,
    Charset,
    File,
    Glob,
    DateFormat,
    Moment,
    Duration,
    Network,
}

const GENERAL: &[Kind] =
    &[Kind::Number, Kind::Text, Kind::Truth, Kind::Sequence, Kind::Mapping, Kind::Numbers, Kind::Texts, Kind::Truths];

/// The expression that a list of numbers stands for.
pub fn expression(numbers: &[u16]) -> String {
    let mut writer = Writer { choices: Choices::new(numbers), names: Vec::new() };
    let depth = 1 + writer.choices.below(4);
    writer.some(Kind::Anything, depth)
}

struct Writer<'a> {
    choices: Choices<'a>,
    /// The names that `for` has bound around here.
    names: Vec<String>,
}

impl Writer<'_> {
    fn some(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.choices.once_in(24) { self.choices.of(GENERAL) } else { kind };
        if depth == 0 || self.choices.below(6) == 0 {
            return self.leaf(kind);
        }
        if !self.names.is_empty() && self.choices.once_in(4) {
            return self.choices.below(self.names.len()).pipe(|at| self.names[at].clone());
        }
        match self.choices.below(12) {
            0..=3 => self.formed(kind, depth - 1),
            4..=8 => self.call(kind, depth - 1),
            9 => self.conditional(kind, depth - 1),
            10 => self.step(kind, depth - 1),
            _ => format!("({})", self.some(kind, depth - 1)),
        }
    }

    fn leaf(&mut self, kind: Kind) -> String {
        if self.choices.once_in(14) {
            return self.choices.of(samples::ODDITIES).to_owned();
        }
        if !self.names.is_empty() && self.choices.once_in(3) {
            return self.choices.below(self.names.len()).pipe(|at| self.names[at].clone());
        }
        self.choices.of(samples::of(kind)).to_owned()
    }

    /// What the language itself forms.
    fn formed(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::Number | Kind::Small => self.arithmetic(depth),
            Kind::Truth => self.comparison(depth),
            Kind::Text => self.template(depth),
            Kind::Numbers => self.sequence(Kind::Number, depth),
            Kind::Texts => self.sequence(Kind::Text, depth),
            Kind::Truths => self.sequence(Kind::Truth, depth),
            Kind::Sequence => {
                let of = self.choices.of(&[Kind::Text, Kind::Number, Kind::Mapping, Kind::Anything, Kind::Sequence]);
                self.sequence(of, depth)
            }
            Kind::Mapping => self.mapping(depth),
            Kind::Anything => {
                let kind = self.choices.of(GENERAL);
                self.formed(kind, depth)
            }
            _ => self.leaf(kind),
        }
    }

    fn arithmetic(&mut self, depth: usize) -> String {
        let operator = self.choices.of(&["+", "-", "*", "/", "%", "neg"]);
        let left = self.some(Kind::Number, depth);
        if operator == "neg" {
            return format!("-({left})");
        }
        format!("({left}) {operator} ({})", self.some(Kind::Number, depth))
    }

    fn comparison(&mut self, depth: usize) -> String {
        match self.choices.below(6) {
            0 | 1 => {
                let kind = self.choices.of(GENERAL);
                let operator = self.choices.of(&["==", "!="]);
                format!("({}) {operator} ({})", self.some(kind, depth), self.some(kind, depth))
            }
            2 | 3 => {
                let operator = self.choices.of(&["<", ">", "<=", ">="]);
                format!("({}) {operator} ({})", self.some(Kind::Number, depth), self.some(Kind::Number, depth))
            }
            4 => {
                let operator = self.choices.of(&["&&", "||"]);
                let (left, right) = (self.choices.of(samples::LOGICAL), self.choices.of(samples::LOGICAL));
                format!("({left}) {operator} ({right})")
            }
            _ => format!("!({})", self.some(Kind::Truth, depth)),
        }
    }

    fn template(&mut self, depth: usize) -> String {
        let (quote, end) = match self.choices.below(8) {
            0 => ("<<EOT\n", "\nEOT\n"),
            1 => ("<<-EOT\n", "\n  EOT\n"),
            _ => ("\"", "\""),
        };
        // A heredoc's quotes are its own; inside it, nothing that would end a line.
        let heredoc = quote != "\"";
        let mut text = String::from(quote);
        for _ in 0..=self.choices.below(4) {
            let part = self.template_part(depth, heredoc);
            text.push_str(&part);
        }
        text.push_str(end);
        if heredoc { format!("({text})") } else { text }
    }

    fn template_part(&mut self, depth: usize, heredoc: bool) -> String {
        let (left, right) = (self.choices.of(&["", "", "", "~"]), self.choices.of(&["", "", "", "~"]));
        match self.choices.below(7) {
            0 | 1 if heredoc => self.choices.of(samples::HEREDOC_TEXT).to_owned(),
            0 | 1 => self.choices.of(samples::QUOTED_TEXT).to_owned(),
            2..=4 => format!("${{{left}{}{right}}}", self.some(Kind::Text, depth)),
            5 => format!(
                "%{{{left} if {} {right}}}{}%{{ else {right}}} {} %{{{left} endif }}",
                self.some(Kind::Truth, depth),
                self.choices.of(&["a", " b ", ""]),
                self.choices.of(&["c", "  "]),
            ),
            _ => {
                let source = self.some(Kind::Sequence, depth);
                let each = self.bound("v", |writer| writer.some(Kind::Text, depth));
                format!("%{{{left} for v in {source} {right}}} <${{{each}}}> %{{{left} endfor {right}}}")
            }
        }
    }

    fn sequence(&mut self, of: Kind, depth: usize) -> String {
        match self.choices.below(6) {
            0 | 1 => {
                let items: Vec<String> = (0..self.choices.below(4)).map(|_| self.some(of, depth)).collect();
                format!("[{}]", items.join(", "))
            }
            2 => {
                let from = self.choices.of(&[Kind::Sequence, Kind::Mapping, Kind::Texts]);
                let source = self.some(from, depth);
                let body = self.bound("x", |writer| writer.some(of, depth));
                let filter = self.filter("x", depth);
                format!("[for x in {source} : {body}{filter}]")
            }
            3 => {
                let source = self.some(Kind::Mapping, depth);
                self.names.push("k".to_owned());
                let body = self.bound("x", |writer| writer.some(of, depth));
                self.names.pop();
                format!("[for k, x in {source} : {body}]")
            }
            4 => format!("{}({})", self.choices.of(&["tolist", "toset"]), self.some(Kind::Sequence, depth)),
            _ => {
                let source = self.some(Kind::Sequence, depth);
                let steps = self.choices.of(&["[*]", ".*", "[*].a", ".*.a", "[*][0]", ".*[0]", "[*].a.b", "[*]"]);
                format!("({source}){steps}")
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> String {
        match self.choices.below(5) {
            0 | 1 => {
                let fields: Vec<String> = (0..self.choices.below(4))
                    .map(|_| {
                        format!("{} = {}", self.choices.of(samples::FIELD_NAMES), self.some(Kind::Anything, depth))
                    })
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            2 => {
                let key = self.some(Kind::Text, depth);
                format!("{{ ({key}) = {}, a : 1 }}", self.some(Kind::Anything, depth))
            }
            3 => {
                let from = self.choices.of(&[Kind::Sequence, Kind::Mapping]);
                let source = self.some(from, depth);
                self.names.push("k".to_owned());
                let key = self.bound("x", |writer| writer.some(Kind::Text, depth));
                let value = self.bound("x", |writer| writer.some(Kind::Anything, depth));
                self.names.pop();
                let grouping = self.choices.of(&["", "..."]);
                let filter = self.filter("x", depth);
                format!("{{for k, x in {source} : {key} => {value}{grouping}{filter}}}")
            }
            _ => format!("tomap({})", self.some(Kind::Mapping, depth)),
        }
    }

    fn filter(&mut self, name: &str, depth: usize) -> String {
        if !self.choices.once_in(3) {
            return String::new();
        }
        format!(" if {}", self.bound(name, |writer| writer.some(Kind::Truth, depth)))
    }

    fn bound(&mut self, name: &str, inner: impl FnOnce(&mut Self) -> String) -> String {
        self.names.push(name.to_owned());
        let text = inner(self);
        self.names.pop();
        text
    }

    fn conditional(&mut self, kind: Kind, depth: usize) -> String {
        let condition = self.some(Kind::Truth, depth);
        format!("({condition}) ? ({}) : ({})", self.some(kind, depth), self.some(kind, depth))
            .pipe(|t| format!("({t})"))
    }

    /// A step into something.
    fn step(&mut self, kind: Kind, depth: usize) -> String {
        match self.choices.below(5) {
            0 => format!("({})[{}]", self.some(Kind::Sequence, depth), self.some(Kind::Small, depth)),
            1 => format!("({})[{}]", self.some(Kind::Mapping, depth), self.some(Kind::Key, depth)),
            2 => format!("({}).{}", self.some(Kind::Mapping, depth), self.choices.of(&["a", "b", "nope"])),
            3 => format!("({}).{}", self.some(Kind::Sequence, depth), self.choices.of(&["0", "1", "7"])),
            _ => format!("[{}, {}][0]", self.some(kind, depth), self.some(kind, depth)),
        }
    }

    fn call(&mut self, kind: Kind, depth: usize) -> String {
        let fitting: Vec<_> = FUNCTIONS
            .iter()
            .filter(|function| {
                kind == Kind::Anything
                    || function.gives == kind
                    || (kind == Kind::Sequence && matches!(function.gives, Kind::Numbers | Kind::Texts))
                    || (kind == Kind::Small && function.gives == Kind::Number)
            })
            .collect();
        if fitting.is_empty() {
            return self.leaf(kind);
        }
        let function = fitting[self.choices.below(fitting.len())];
        let mut arguments: Vec<String> = function.arguments.iter().map(|kind| self.some(*kind, depth)).collect();
        if let Some(more) = function.more {
            arguments.extend((0..self.choices.below(4)).map(|_| self.some(more, depth)));
        }
        if self.choices.once_in(40) {
            arguments.pop();
        }
        if self.choices.once_in(20) {
            let sequence = self.some(Kind::Sequence, depth);
            arguments.pop();
            arguments.push(format!("{sequence}..."));
        }
        format!("{}({})", function.name, arguments.join(", "))
    }
}

/// A value handed on to what comes next.
trait Pipe: Sized {
    fn pipe<T>(self, next: impl FnOnce(Self) -> T) -> T {
        next(self)
    }
}

impl<T> Pipe for T {}
