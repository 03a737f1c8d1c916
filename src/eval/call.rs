//! Function calls. Most functions are rows of [`functions`]; those that take expressions in place of values stand here.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::fault::Problem;
use crate::eval::functions::{self, Function, FunctionError};
use crate::eval::nearest::did_you_mean;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::span::Span;
use crate::syntax::tree::{Call, Expression, ExpressionKind, TemplatePart};
use crate::value::{Type, Value, ValueKind};

/// `f(a, b...)`
pub fn call(whole: &Expression, call: &Call, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let calling = Calling { whole, call, scope };
    let result = match call.name.name.strip_prefix("core::").unwrap_or(&call.name.name) {
        "try" => calling.attempt(),
        "can" => calling.can(),
        "type" if scope.functions().console => {
            let misplaced = |_| calling.type_out_of_place();
            Err(calling.only_argument("value").map_or_else(|counted| counted, misplaced).into())
        }
        name => match functions::lookup(&call.name.name) {
            Some(function) if name == "templatestring" => calling.template_string(function, diagnostics),
            Some(function) => calling.function(function, diagnostics),
            None => Err(calling.unknown().into()),
        },
    };
    result.unwrap_or_else(|found: Diagnostics| {
        diagnostics.extend(found);
        Value::dynamic()
    })
}

/// One call at work.
struct Calling<'a> {
    whole: &'a Expression,
    call: &'a Call,
    scope: &'a dyn Scope,
}

/// An argument's value, and the expression that it comes from.
type Argument<'a> = (Value, &'a Expression);

impl<'a> Calling<'a> {
    fn function(&self, function: &Function, diagnostics: &mut Diagnostics) -> Result<Value, Diagnostics> {
        let mut found = Diagnostics::new();
        let expanded = self.expanded(&mut found);
        if found.has_errors() {
            return Err(found);
        }
        diagnostics.extend(std::mem::take(&mut found));
        let Some(expanded) = expanded else { return Ok(Value::dynamic()) };
        let (fixed, _) = self.call.arguments.split_at(self.call.arguments.len() - usize::from(self.call.expand_last));
        self.check_count(function, fixed.len() + expanded.len(), fixed, &expanded)?;
        let mut arguments: Vec<Argument<'_>> =
            fixed.iter().map(|argument| (value_of(argument, self.scope, &mut found), argument)).collect();
        arguments.extend(expanded);
        for (i, (value, expression)) in arguments.iter().enumerate() {
            let Some(param) = function.param(i) else { continue };
            if let Err(error) = value.convert(&param.takes.ty()) {
                let message =
                    if error.path.0.is_empty() { error.message } else { format!("{}: {}", error.path, error.message) };
                found.push(self.invalid_argument(param.name, &message, expression));
            }
        }
        if found.has_errors() {
            return Err(found);
        }
        diagnostics.extend(found);
        let values: Vec<Value> = arguments.iter().map(|(value, _)| value.clone()).collect();
        let result = function.call(&values, self.scope.functions());
        result.map_err(|error| self.failed(function, &error, &arguments).into())
    }

    /// The elements of an argument followed by `...`; `None` while it is not known which they are.
    fn expanded(&self, found: &mut Diagnostics) -> Option<Vec<Argument<'a>>> {
        let Some(last) = self.call.arguments.last().filter(|_| self.call.expand_last) else { return Some(Vec::new()) };
        let (value, marks) = value_of(last, self.scope, found).unmark();
        if let Some(items) = value.as_elements() {
            return Some(items.iter().map(|item| (item.clone().marked(marks), last)).collect());
        }
        let detail = match value.kind() {
            ValueKind::Unknown(Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_), _) => return None,
            ValueKind::Null(Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_)) => {
                "The expanding argument (indicated by ...) must not be null."
            }
            _ => "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
        };
        found.push(self.about(Problem::new("Invalid expanding argument value", detail).at(last, self.scope)));
        None
    }

    fn check_count(
        &self,
        function: &Function,
        given: usize,
        fixed: &[Expression],
        expanded: &[Argument<'_>],
    ) -> Result<(), Diagnostic> {
        let wanted = function.params.len();
        if let Some(missing) = function.params.get(given) {
            let least = if function.variadic.is_some() { " at least" } else { "" };
            let detail = format!(
                "Function \"{}\" expects{least} {wanted} argument(s). Missing value for \"{}\".",
                self.call.name.name, missing.name
            );
            let end = self.call.parentheses.range().end;
            let close = Span::new(self.call.parentheses.source, end.saturating_sub(1)..end);
            return Err(self.counted("Not enough function arguments", detail, close));
        }
        if function.variadic.is_none() && given > wanted {
            let detail = format!("Function \"{}\" expects only {wanted} argument(s).", self.call.name.name);
            let extra = fixed.get(wanted).or(expanded.first().map(|(_, expression)| *expression));
            let place = extra.map_or(self.whole.span, start_of);
            return Err(self.counted("Too many function arguments", detail, place));
        }
        Ok(())
    }

    fn counted(&self, summary: &'static str, detail: String, place: Span) -> Diagnostic {
        let mut diagnostic = self.about(Problem::new(summary, detail).at(self.whole, self.scope));
        diagnostic.subject = Some(place);
        diagnostic
    }

    fn failed(&self, function: &Function, error: &FunctionError, arguments: &[Argument<'_>]) -> Diagnostic {
        if let Some(position) = error.argument
            && let Some(param) = function.param(position)
        {
            let at = arguments.get(position).map_or(self.whole, |(_, expression)| expression);
            return self.invalid_argument(param.name, &error.message, at);
        }
        self.error(&error.message)
    }

    fn invalid_argument(&self, parameter: &str, message: &str, at: &Expression) -> Diagnostic {
        let detail = format!("Invalid value for \"{parameter}\" parameter: {message}.");
        let mut diagnostic = self.about(Problem::new("Invalid function argument", detail).at(at, self.scope));
        diagnostic.subject = Some(start_of(at));
        diagnostic
    }

    fn error(&self, message: &str) -> Diagnostic {
        let detail = format!("Call to function \"{}\" failed: {message}.", self.call.name.name);
        let mut diagnostic = self.about(Problem::new("Error in function call", detail).at(self.whole, self.scope));
        diagnostic.subject = Some(self.call.name.span);
        diagnostic
    }

    /// Names the function, and the whole call as what surrounds the fault.
    fn about(&self, diagnostic: Diagnostic) -> Diagnostic {
        Diagnostic { function: Some(self.call.name.name.to_string()), ..diagnostic.within(self.whole.span) }
    }

    fn unknown(&self) -> Diagnostic {
        let name = &self.call.name.name;
        let (summary, detail) = match name.split("::").collect::<Vec<_>>().as_slice() {
            [_] => (
                "Call to unknown function",
                format!("There is no function named \"{name}\".{}", did_you_mean(name, functions::names())),
            ),
            ["provider", provider, function] => (
                "Unknown provider function",
                format!(
                    "There is no function named \"{name}\". Ensure that provider name \"{provider}\" is declared in \
                     this module's required_providers block, and that this provider offers a function named \
                     \"{function}\"."
                ),
            ),
            [namespace, ..] => (
                "Unknown provider function",
                format!(
                    "The function namespace \"{namespace}\" has no such function. Functions of providers are called \
                     as \"provider::name::function\"."
                ),
            ),
            [] => ("Call to unknown function", String::new()),
        };
        Diagnostic::error(summary, detail).at(self.call.name.span).within(self.whole.span)
    }

    fn type_out_of_place(&self) -> Diagnostic {
        let detail = "The console's \"type\" function stands alone: it cannot be used as a part of an expression.";
        Diagnostic::error("Invalid use of type function", detail).at(self.call.name.span)
    }

    /// `try`: the first argument that evaluates without errors. While that one is not wholly known, what will come
    /// of the call is not known either, not even its type, since a later argument may take its place.
    fn attempt(&self) -> Result<Value, Diagnostics> {
        if self.call.arguments.is_empty() {
            return Err(self.error("at least one argument is required").into());
        }
        let mut faults = String::new();
        for argument in &self.call.arguments {
            let mut found = Diagnostics::new();
            let value = value_of(argument, self.scope, &mut found);
            if !found.has_errors() {
                let marks = value.deep_marks();
                return Ok(if value.is_wholly_known() { value } else { Value::dynamic().marked(marks) });
            }
            for fault in found.iter().filter(|fault| fault.severity == Severity::Error) {
                let detail = fault.detail.replace('\n', "\n  ");
                faults.extend(["\n- ", &fault.summary, "\n  ", &detail]);
            }
        }
        let message =
            format!("no expression succeeded:{faults}\n\nAt least one expression must produce a successful result");
        Err(self.error(&message).into())
    }

    /// `can`: whether the argument evaluates without errors.
    fn can(&self) -> Result<Value, Diagnostics> {
        let argument = self.only_argument("expression")?;
        let mut found = Diagnostics::new();
        let value = value_of(argument, self.scope, &mut found);
        Ok(if found.has_errors() {
            Value::bool(false)
        } else if value.is_wholly_known() {
            Value::bool(true)
        } else {
            Value::unknown(Type::Bool)
        })
    }

    fn only_argument(&self, parameter: &str) -> Result<&'a Expression, Diagnostic> {
        let name = &self.call.name.name;
        match self.call.arguments.as_slice() {
            [argument] => Ok(argument),
            [] => {
                let detail = format!("Function \"{name}\" expects 1 argument(s). Missing value for \"{parameter}\".");
                Err(self.counted("Not enough function arguments", detail, self.call.parentheses))
            }
            [_, extra, ..] => {
                let detail = format!("Function \"{name}\" expects only 1 argument(s).");
                Err(self.counted("Too many function arguments", detail, start_of(extra)))
            }
        }
    }

    /// `templatestring`: its first argument must refer to something; a template that is written in place would be
    /// rendered before the function sees it.
    fn template_string(&self, function: &Function, diagnostics: &mut Diagnostics) -> Result<Value, Diagnostics> {
        let refers = |argument: &Expression| {
            matches!(argument.kind, ExpressionKind::Reference(_) | ExpressionKind::Access { .. })
        };
        if let Some(first) = self.call.arguments.first().filter(|first| !refers(first)) {
            let message = "a reference to a template that comes from elsewhere is expected here; a template that is \
                           written in place is rendered without any function";
            return Err(self.invalid_argument("template", message, first).into());
        }
        self.function(function, diagnostics)
    }
}

/// Where an expression starts, as Terraform points at arguments: the text of a heredoc starts on the line after
/// its introducer.
fn start_of(expression: &Expression) -> Span {
    match &expression.kind {
        ExpressionKind::Template(parts) => match parts.first() {
            Some(TemplatePart::Literal(_, span)) => *span,
            Some(TemplatePart::Interpolation(first)) => start_of(first),
            _ => expression.span,
        },
        _ => expression.span,
    }
}
