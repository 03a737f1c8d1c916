//! Function calls. Most functions are rows of [`functions`]; those that take expressions in place of values stand here.

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::eval::console::with_escapes_of_go;
use crate::eval::fault::Problem;
use crate::eval::functions::{self, Function, FunctionError};
use crate::eval::nearest::did_you_mean;
use crate::eval::scope::Scope;
use crate::eval::value_of;
use crate::span::Span;
use crate::syntax::tree::{Call, Expression, ExpressionKind, Reference, Step, TemplatePart};
use crate::value::{Marks, Type, Value, ValueKind};

/// `f(a, b...)`
pub fn call(whole: &Expression, call: &Call, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    if scope.functions().refused {
        let detail = "Functions may not be called here.";
        diagnostics.error_at(whole.span, "Function calls not allowed", detail);
        return Value::dynamic();
    }
    let calling = Calling { whole, call, scope };
    let result = match call.name.name.strip_prefix("core::").unwrap_or(&call.name.name) {
        "try" => calling.attempt(),
        "can" => calling.can(),
        "type" if scope.functions().console => {
            let misplaced = |_| calling.type_out_of_place();
            let arguments = call.arguments.iter().collect();
            Err(calling.only::<&Expression>(arguments, "value").map_or_else(|counted| counted, misplaced).into())
        }
        name => match calling.called() {
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

/// An argument's value, and where to point when it is at fault.
#[derive(Clone)]
struct Argument<'a> {
    value: Value,
    from: &'a Expression,
    place: Span,
}

/// An argument of `try` or `can`.
enum Attempt<'a> {
    Expression(&'a Expression),
    Value(Value),
}

impl Attempt<'_> {
    fn value(self, scope: &dyn Scope, found: &mut Diagnostics) -> Value {
        match self {
            Self::Expression(expression) => value_of(expression, scope, found),
            Self::Value(value) => value,
        }
    }
}

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
        let mut arguments: Vec<Argument<'_>> = Vec::with_capacity(fixed.len() + expanded.len());
        for from in fixed {
            let value = value_of(from, self.scope, &mut found);
            arguments.push(Argument { value, from, place: start_of(from) });
        }
        arguments.extend(expanded);
        for (i, argument) in arguments.iter_mut().enumerate() {
            let Some(param) = function.param(i) else { continue };
            match argument.value.convert(&param.takes.ty()) {
                Ok(converted) => argument.value = converted,
                Err(error) => {
                    found.push(self.invalid_argument(param.name, &error.message, argument.from, argument.place));
                }
            }
        }
        if found.has_errors() {
            return Err(found);
        }
        diagnostics.extend(found);
        let values: Vec<Value> = arguments.iter().map(|argument| argument.value.clone()).collect();
        let result = function.call(&values, self.scope.functions());
        result.map_err(|error| self.failed(function, &error, &arguments).into())
    }

    /// The elements of an argument followed by `...`; `None` while it is not known which they are.
    fn expanded(&self, found: &mut Diagnostics) -> Option<Vec<Argument<'a>>> {
        let Some(last) = self.call.arguments.last().filter(|_| self.call.expand_last) else { return Some(Vec::new()) };
        let mut problems = Diagnostics::new();
        let (value, marks) = value_of(last, self.scope, &mut problems).unmark();
        let failed = problems.has_errors();
        found.extend(problems);
        if failed {
            return None;
        }
        if let Some(items) = value.as_elements() {
            let argument = |item: &Value| Argument { value: item.clone().marked(marks), from: last, place: last.span };
            return Some(items.iter().map(argument).collect());
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
            let place = match (fixed.get(wanted), expanded.first()) {
                (Some(extra), _) => start_of(extra),
                (None, Some(sequence)) => sequence.place,
                (None, None) => self.whole.span,
            };
            return Err(self.counted("Too many function arguments", detail, place));
        }
        Ok(())
    }

    /// The function, whose provider must be declared where it is called.
    fn called(&self) -> Option<&'static Function> {
        let name = &*self.call.name.name;
        match name.strip_prefix("provider::").and_then(|rest| rest.split_once("::")) {
            Some((provider, function)) if self.scope.names_terraform(provider) => {
                functions::lookup(&format!("provider::terraform::{function}"))
            }
            Some(_) => None,
            // There is no plan in the console.
            None if name.strip_prefix("core::").unwrap_or(name) == "plantimestamp"
                && self.scope.functions().console =>
            {
                None
            }
            None => functions::lookup(name),
        }
    }

    fn counted(&self, summary: &'static str, detail: String, place: Span) -> Diagnostic {
        let mut diagnostic = self.about(Problem::new(summary, detail).at(self.whole, self.scope));
        diagnostic.subject = Some(place);
        diagnostic
    }

    fn failed(&self, function: &Function, error: &FunctionError, arguments: &[Argument<'_>]) -> Diagnostic {
        let message = with_escapes_of_go(&without_secrets(&error.message, arguments));
        if let Some(position) = error.argument
            && let Some(param) = function.param(position)
        {
            let (from, place) =
                arguments.get(position).map_or((self.whole, start_of(self.whole)), |at| (at.from, at.place));
            return self.invalid_argument(param.name, &message, from, place);
        }
        self.error(&message)
    }

    fn invalid_argument(&self, parameter: &str, message: &str, from: &Expression, place: Span) -> Diagnostic {
        let detail = format!("Invalid value for \"{parameter}\" parameter: {message}.");
        let mut diagnostic = self.about(Problem::new("Invalid function argument", detail).at(from, self.scope));
        diagnostic.subject = Some(place);
        if self.is_expanded(from) {
            // An element that came of it is nothing that was written.
            diagnostic.values.clear();
        }
        diagnostic
    }

    fn is_expanded(&self, argument: &Expression) -> bool {
        let last = self.call.arguments.last().filter(|_| self.call.expand_last);
        last.is_some_and(|last| last.span == argument.span)
    }

    fn error(&self, message: &str) -> Diagnostic {
        let detail = format!("Call to function \"{}\" failed: {message}.", self.call.name.name);
        let mut diagnostic = self.about(Problem::new("Error in function call", detail).at(self.whole, self.scope));
        diagnostic.subject = Some(opening_of(self.call));
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

    /// What each argument is worth, one at a time and only when asked for: its value, or its faults. What follows
    /// `...` must be a sequence, whose elements are arguments.
    /// `None` while it is not known which those are.
    fn attempts(&self) -> Result<Option<Vec<Attempt<'a>>>, Diagnostics> {
        let mut found = Diagnostics::new();
        let expanded = self.expanded(&mut found);
        if found.has_errors() {
            return Err(found);
        }
        let (fixed, _) = self.call.arguments.split_at(self.call.arguments.len() - usize::from(self.call.expand_last));
        let fixed = fixed.iter().map(Attempt::Expression);
        let Some(expanded) = expanded else { return Ok(None) };
        let expanded = expanded.into_iter().map(|argument| Attempt::Value(argument.value));
        Ok(Some(fixed.chain(expanded).collect()))
    }

    /// `try`: the first argument that evaluates without errors. While that one is not wholly known, what will come
    /// of the call is not known either, not even its type, since a later argument may take its place.
    fn attempt(&self) -> Result<Value, Diagnostics> {
        let Some(attempts) = self.attempts()? else { return Ok(Value::dynamic()) };
        if attempts.is_empty() {
            return Err(self.error("at least one argument is required").into());
        }
        let mut faults = String::new();
        for attempt in attempts {
            let mut found = Diagnostics::new();
            let value = attempt.value(self.scope, &mut found);
            if !found.has_errors() {
                return Ok(if value.is_wholly_known() { value } else { Value::dynamic() });
            }
            for fault in found.iter().filter(|fault| fault.severity == Severity::Error) {
                faults.extend(["\n- ", &fault.summary, "\n  ", &fault.detail]);
            }
        }
        let message =
            format!("no expression succeeded:{faults}\n\nAt least one expression must produce a successful result");
        Err(self.error(&message).into())
    }

    /// `can`: whether the argument evaluates without errors.
    fn can(&self) -> Result<Value, Diagnostics> {
        let Some(attempts) = self.attempts()? else { return Ok(Value::dynamic()) };
        let argument = self.only(attempts, "expression")?;
        let mut found = Diagnostics::new();
        let value = argument.value(self.scope, &mut found);
        Ok(if found.has_errors() {
            Value::bool(false)
        } else if value.is_wholly_known() {
            Value::bool(true)
        } else {
            Value::unknown(Type::Bool)
        })
    }

    fn only<T>(&self, arguments: Vec<T>, parameter: &str) -> Result<T, Diagnostic> {
        let name = &self.call.name.name;
        let count = arguments.len();
        match (arguments.into_iter().next(), self.call.arguments.get(1).or(self.call.arguments.first())) {
            (Some(argument), _) if count == 1 => Ok(argument),
            (Some(_), Some(extra)) => {
                let detail = format!("Function \"{name}\" expects only 1 argument(s).");
                let expanded = self.call.expand_last && self.call.arguments.len() < 3;
                let place = if expanded { extra.span } else { start_of(extra) };
                Err(self.counted("Too many function arguments", detail, place))
            }
            _ => {
                let detail = format!("Function \"{name}\" expects 1 argument(s). Missing value for \"{parameter}\".");
                let end = self.call.parentheses.range().end;
                let close = Span::new(self.call.parentheses.source, end.saturating_sub(1)..end);
                Err(self.counted("Not enough function arguments", detail, close))
            }
        }
    }

    /// `templatestring`: its first argument must refer to something; a template that is written in place would be
    /// rendered before the function sees it.
    fn template_string(&self, function: &Function, diagnostics: &mut Diagnostics) -> Result<Value, Diagnostics> {
        let [template, others @ ..] = self.call.arguments.as_slice() else {
            return self.function(function, diagnostics);
        };
        if self.call.expand_last && others.is_empty() {
            let why = no_reference(template).unwrap_or(NO_DIRECT_REFERENCE);
            let message = format!("invalid template expression: {why}");
            return Err(self.invalid_argument("template", &message, template, template.span).into());
        }
        let mut found = Diagnostics::new();
        let vars = self.vars(others, &mut found);
        if found.has_errors() {
            return Err(found);
        }
        let Some(vars) = vars else { return self.function(function, diagnostics) };
        if !vars.value.is_known() {
            let ty = if vars.value.type_of() == Type::Dynamic { Type::Dynamic } else { Type::String };
            return Ok(Value::unknown(ty).marked(vars.value.marks()));
        }
        if vars.value.is_null() {
            let message = "argument must not be null";
            return Err(self.invalid_argument("vars", message, vars.from, vars.place).into());
        }
        let refused = |message: &str| self.invalid_argument("template", message, template, start_of(template));
        if let Some(why) = no_reference(template) {
            return Err(refused(&format!("invalid template expression: {why}")).into());
        }
        let value = value_of(template, self.scope, &mut found);
        if !found.has_errors() && !value.is_known() && value.type_of() != Type::Dynamic {
            return Ok(Value::unknown(Type::String).marked(value.marks()));
        }
        let may_be_text = matches!(value.type_of(), Type::String | Type::Dynamic) && !value.is_null();
        if found.has_errors() || may_be_text {
            return self.function(function, diagnostics);
        }
        Err(refused("invalid template value: a string is required").into())
    }

    /// The second argument of `templatestring`; `None` when there is not just that one.
    fn vars(&self, others: &'a [Expression], found: &mut Diagnostics) -> Option<Argument<'a>> {
        let [vars] = others else { return None };
        if self.call.expand_last {
            let mut expanded = self.expanded(found)?;
            return expanded.pop().filter(|_| expanded.is_empty());
        }
        Some(Argument { value: value_of(vars, self.scope, found), from: vars, place: start_of(vars) })
    }
}

/// A message without what sensitive arguments hold: neither a whole text of theirs, nor a part of one in quotes.
fn without_secrets(message: &str, arguments: &[Argument<'_>]) -> String {
    const HIDDEN: &str = "(sensitive value)";
    let mut secrets = Vec::new();
    for argument in arguments.iter().filter(|argument| argument.value.contains_marked(Marks::SENSITIVE)) {
        argument.value.walk(&mut |_, part| {
            let number = part.as_number().map(ToString::to_string);
            secrets.extend(part.as_str().map(str::to_owned).or(number).filter(|text| !text.is_empty()));
            true
        });
    }
    let mut shown = message.to_owned();
    for secret in &secrets {
        shown = shown.replace(&format!("{secret:?}"), HIDDEN);
    }
    let quoted = |(index, part): (usize, &str)| {
        let is_secret = index % 2 == 1 && secrets.iter().any(|secret| secret.contains(part));
        if is_secret && !part.is_empty() { HIDDEN.to_owned() } else { part.to_owned() }
    };
    if !secrets.is_empty() && shown.matches('"').count().is_multiple_of(2) {
        shown = shown.split('"').enumerate().map(quoted).collect::<Vec<_>>().join("\"");
        shown = shown.replace(&format!("\"{HIDDEN}\""), HIDDEN);
    }
    // What is too short to be a secret could be any part of a word.
    let whole = secrets.iter().filter(|secret| secret.len() > 2);
    whole.fold(shown, |shown, secret| shown.replace(secret.as_str(), HIDDEN))
}

/// Why an expression does not refer to a template that comes from elsewhere.
fn no_reference(expression: &Expression) -> Option<&'static str> {
    match &expression.kind {
        ExpressionKind::Reference(_) => None,
        ExpressionKind::Literal(value) if value.as_str().is_some() => Some(
            "templatestring is only for rendering templates retrieved dynamically from elsewhere, and so does not \
             support providing a literal template; consider using a template string expression instead",
        ),
        ExpressionKind::Wrapped(_) => Some(
            "templatestring is only for rendering templates retrieved dynamically from elsewhere; to treat the inner \
             expression as template syntax, write the reference expression directly without any template \
             interpolation syntax",
        ),
        ExpressionKind::Template(_) => Some(
            "templatestring is only for rendering templates retrieved dynamically from elsewhere; to render an inline \
             template, consider using a plain template string expression",
        ),
        _ => Some(NO_DIRECT_REFERENCE),
    }
}

const NO_DIRECT_REFERENCE: &str =
    "must be a direct reference to a single string from elsewhere, containing valid Terraform template syntax";

/// Where an expression starts, as Terraform points at arguments: the first thing in it that says something.
fn start_of(expression: &Expression) -> Span {
    let whole = expression.span;
    match &expression.kind {
        ExpressionKind::Template(parts) => match parts.first() {
            Some(TemplatePart::Literal(_, span)) => *span,
            Some(TemplatePart::Interpolation(first)) => start_of(first),
            Some(TemplatePart::If { condition, .. }) => start_of(condition),
            Some(TemplatePart::For(repeated)) => repeated.opening,
            None => Span::new(whole.source, whole.range().end..whole.range().end),
        },
        ExpressionKind::Parenthesis(inner) => start_of(inner),
        ExpressionKind::Reference(Reference { steps, .. }) | ExpressionKind::Access { steps, .. } => {
            start_of_steps(whole, steps)
        }
        // The quotes of a plain string are not a part of it; words and numbers have none.
        ExpressionKind::Literal(value) if value.as_str().is_some() => within_quotes(whole),
        ExpressionKind::Tuple(_) | ExpressionKind::Object(_) | ExpressionKind::For(_) | ExpressionKind::Unary(..) => {
            Span::new(whole.source, whole.range().start..whole.range().start + 1)
        }
        ExpressionKind::Call(call) => opening_of(call),
        ExpressionKind::Binary(_, first, _) | ExpressionKind::Conditional { condition: first, .. } => start_of(first),
        _ => whole,
    }
}

/// Where a walk of steps starts: its splat, or the bracket of the last key when that is not written out.
fn start_of_steps(whole: Span, steps: &[Step]) -> Span {
    match steps.last() {
        Some(Step::Splat { span, .. } | Step::AttributeSplat { span, .. }) => *span,
        Some(Step::Index(key)) if !matches!(key.kind, ExpressionKind::Literal(_)) => {
            let start = key.span.range().start;
            Span::new(whole.source, start.saturating_sub(1)..start)
        }
        _ => whole,
    }
}

/// A function's name and the parenthesis after it.
fn opening_of(call: &Call) -> Span {
    let open = call.parentheses.range().start;
    call.name.span.to(Span::new(call.parentheses.source, open..open + 1))
}

fn within_quotes(whole: Span) -> Span {
    let range = whole.range();
    match range.len() {
        // Of an empty string Terraform points behind it.
        0..=2 => Span::new(whole.source, range.end..range.end),
        _ => Span::new(whole.source, range.start + 1..range.end - 1),
    }
}
