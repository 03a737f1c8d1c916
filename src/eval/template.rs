//! String templates: quoted, heredoc, and read from files.

use crate::diagnostic::Diagnostics;
use crate::eval::collections::pairs;
use crate::eval::fault::Problem;
use crate::eval::scope::{LocalScope, Scope};
use crate::eval::value_of;
use crate::syntax::tree::{Expression, TemplateFor, TemplatePart};
use crate::value::{Marks, Type, Value};

/// The longest beginning of an unknown string that is kept, in bytes (as Terraform's).
const LONGEST_PREFIX: usize = 128;

/// `"a${b}c"`: a string; unknown as soon as a part is, but then its beginning may be known.
pub fn render(whole: &Expression, parts: &[TemplatePart], scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let mut text = Text { whole, written: String::new(), known: true, sound: true, marks: Marks::NONE, diagnostics };
    text.parts(parts, scope);
    let (written, marks) = (text.written, text.marks);
    if text.known {
        return Value::string(written).marked(marks);
    }
    let end = (0..=written.len().min(LONGEST_PREFIX)).rev().find(|end| written.is_char_boundary(*end));
    let prefix = end.filter(|_| text.sound).and_then(|end| written.get(..end)).unwrap_or_default();
    Value::unknown_with_prefix(prefix).marked(marks)
}

/// A string being written.
struct Text<'a> {
    whole: &'a Expression,
    /// Up to the first part that is not known.
    written: String,
    known: bool,
    sound: bool,
    marks: Marks,
    diagnostics: &'a mut Diagnostics,
}

impl Text<'_> {
    fn parts(&mut self, parts: &[TemplatePart], scope: &dyn Scope) {
        for part in parts {
            match part {
                TemplatePart::Literal(text, _) => self.write(text),
                TemplatePart::Interpolation(expression) => self.interpolate(expression, scope),
                TemplatePart::If { condition, when_true, when_false, .. } => {
                    self.choose(condition, [when_true, when_false], scope);
                }
                TemplatePart::For(repeated) => self.repeat(repeated, scope),
            }
        }
    }

    fn write(&mut self, text: &str) {
        if self.known {
            self.written.push_str(text);
        }
    }

    fn interpolate(&mut self, expression: &Expression, scope: &dyn Scope) {
        let value = self.evaluate(expression, scope);
        let problem = if value.is_null() {
            "The expression result is null. Cannot include a null value in a string template.".to_owned()
        } else if !value.is_known() {
            self.known = false;
            return;
        } else {
            match value.convert(&Type::String) {
                Ok(text) => return self.write(text.as_str().unwrap_or_default()),
                Err(error) => format!("Cannot include the given value in a string template: {error}."),
            }
        };
        // The text goes on without it, as in Terraform: what cannot be with the rest of it is told too.
        let problem = Problem::new("Invalid template interpolation value", problem);
        self.diagnostics.push(problem.within(expression, self.whole, scope));
    }

    /// `%{ if }`: the branch that is not chosen is evaluated for its marks alone, as in a conditional expression.
    fn choose(&mut self, condition: &Expression, branches: [&Vec<TemplatePart>; 2], scope: &dyn Scope) {
        let value = self.evaluate(condition, scope);
        let problem = if value.is_null() {
            Problem::new("Null condition", "The condition value is null. Conditions must either be true or false.")
        } else {
            match value.convert(&Type::Bool).map(|value| value.as_bool()) {
                Ok(Some(choice)) => {
                    self.weigh(branches[usize::from(choice)], scope);
                    return self.parts(branches[usize::from(!choice)], scope);
                }
                Ok(None) | Err(_) if !value.is_known() => {
                    self.weigh(branches[0], scope);
                    self.weigh(branches[1], scope);
                    self.known = false;
                    return;
                }
                _ => Problem::new("Incorrect condition type", "The condition expression must be of type bool."),
            }
        };
        self.fail(problem, condition, scope);
    }

    /// Evaluates parts that are not written, for their marks.
    fn weigh(&mut self, parts: &[TemplatePart], scope: &dyn Scope) {
        let mut unheard = Diagnostics::new();
        let mut aside = Text {
            whole: self.whole,
            written: String::new(),
            known: true,
            sound: true,
            marks: Marks::NONE,
            diagnostics: &mut unheard,
        };
        aside.parts(parts, scope);
        self.marks = self.marks | aside.marks;
    }

    fn repeat(&mut self, repeated: &TemplateFor, scope: &dyn Scope) {
        let TemplateFor { key_name, value_name, collection, body, .. } = repeated;
        let value = self.evaluate(collection, scope);
        match pairs(&value) {
            Ok(None) => self.known = false,
            Err(problem) => self.fail(problem, collection, scope),
            Ok(Some(pairs)) => {
                for (key, value) in pairs {
                    let inner = LocalScope::pair(scope, key_name.as_ref().map(|name| (name, key)), (value_name, value));
                    self.parts(body, &inner);
                }
            }
        }
    }

    /// A value without its marks, which are kept for the whole. After an error it goes on with what is left of it.
    fn evaluate(&mut self, expression: &Expression, scope: &dyn Scope) -> Value {
        let mut found = Diagnostics::new();
        let (value, marks) = value_of(expression, scope, &mut found).unmark();
        self.marks = self.marks | marks;
        let failed = found.has_errors();
        self.diagnostics.extend(found);
        if failed {
            self.sound = false;
            self.known = false;
        }
        value
    }

    fn fail(&mut self, problem: Problem, at: &Expression, scope: &dyn Scope) {
        self.diagnostics.push(problem.within(at, self.whole, scope));
        self.sound = false;
        self.known = false;
    }
}
