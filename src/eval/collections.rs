//! Constructors of tuples and objects, and `for`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::console::quoted;
use crate::eval::fault::Problem;
use crate::eval::scope::{LocalScope, Scope};
use crate::eval::value_of;
use crate::syntax::tree::{Expression, ExpressionKind, For, ObjectItem, ObjectKey};
use crate::value::{Fields, Marks, Type, Value, ValueKind};

/// `[a, b]`
pub fn tuple(items: &[Expression], scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    Value::tuple(items.iter().map(|item| value_of(item, scope, diagnostics)).collect())
}

/// `{ a = b, (c) = d }`. A key that is not known makes the whole unknown: even its type is not known then.
pub fn object(items: &[ObjectItem], scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let mut fields = Fields::new();
    let mut marks = Marks::NONE;
    let mut complete = true;
    for item in items {
        let key = item_key(item, scope, diagnostics, &mut marks);
        let value = value_of(&item.value, scope, diagnostics);
        match key {
            Some(key) => {
                let again = fields.insert(key.clone(), value).is_some();
                diagnostics.extend(again.then(|| twice(&item.key, &key)).flatten());
            }
            None => complete = false,
        }
    }
    // As in Terraform what is not known at all carries no marks: there is nothing to give away.
    if complete { Value::object(fields).marked(marks) } else { Value::dynamic() }
}

/// In native syntax the last of several counts; in JSON syntax there must not be several.
fn twice(key: &ObjectKey, name: &str) -> Option<Diagnostic> {
    let ObjectKey::Property(property) = key else { return None };
    let detail = format!("An attribute named {} was already defined in this object.", quoted(name));
    Some(Diagnostic::error("Duplicate object attribute", detail).at(property.span))
}

fn item_key(
    item: &ObjectItem,
    scope: &dyn Scope,
    diagnostics: &mut Diagnostics,
    marks: &mut Marks,
) -> Option<Arc<str>> {
    let expression = match &item.key {
        ObjectKey::Name(name) => return Some(name.name.clone()),
        ObjectKey::Expression(expression) | ObjectKey::Property(expression) => expression,
    };
    if let ExpressionKind::Reference(reference) = &expression.kind
        && !reference.steps.is_empty()
    {
        diagnostics.error_at(
            expression.span,
            "Ambiguous attribute key",
            "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a \
             literal name containing periods, wrap it in quotes to create a string literal.",
        );
        return None;
    }
    let mut found = Diagnostics::new();
    let (key, key_marks) = value_of(expression, scope, &mut found).unmark();
    *marks = *marks | key_marks;
    let failed = found.has_errors();
    diagnostics.extend(found);
    if failed {
        return None;
    }
    if key.is_null() {
        // As Terraform does, this points at the item's value.
        let problem = Problem::new("Null value as key", "Can't use a null value as a key.");
        let mut told = problem.at(expression, scope);
        told.subject = Some(item.value.span);
        diagnostics.push(told);
        return None;
    }
    match key.convert(&Type::String) {
        Ok(key) => return key.as_str().map(Arc::from),
        Err(error) => {
            let problem = Problem::new("Incorrect key type", format!("Can't use this value as a key: {error}."));
            diagnostics.push(problem.at(expression, scope));
        }
    }
    None
}

/// `[for ...]` and `{for ...}`
pub fn comprehension(whole: &Expression, each: &For, scope: &dyn Scope, diagnostics: &mut Diagnostics) -> Value {
    let (collection, marks) = value_of(&each.collection, scope, diagnostics).unmark();
    let pairs = match pairs(&collection) {
        Ok(pairs) => pairs,
        Err(problem) => {
            diagnostics.push(problem.within(&each.collection, whole, scope));
            return Value::dynamic();
        }
    };
    let mut walk = Comprehension { whole, each, marks, complete: true, diagnostics };
    let has_type = collection.type_of() != Type::Dynamic;
    let sound = !has_type || walk.condition_makes_sense(scope);
    let Some(pairs) = pairs.filter(|_| sound) else { return Value::dynamic().marked(marks) };
    let result = match &each.key {
        None => walk.tuple(pairs, scope),
        Some(key) if each.grouped => walk.groups(key, pairs, scope),
        Some(key) => walk.object(key, pairs, scope),
    };
    let (complete, marks) = (walk.complete, walk.marks);
    if complete { result.marked(marks) } else { Value::dynamic().marked(marks) }
}

/// The keys and elements of a collection; `None` while they are not known.
pub fn pairs(collection: &Value) -> Result<Option<Vec<(Value, Value)>>, Problem> {
    if let Some(pairs) = collection.iterate() {
        return Ok(Some(pairs));
    }
    match collection.kind() {
        ValueKind::Unknown(Type::Bool | Type::Number | Type::String, _) => Err(not_iterable(collection)),
        ValueKind::Unknown(..) => Ok(None),
        ValueKind::Null(_) => Err(Problem::new(
            "Iteration over null value",
            "A null value cannot be used as the collection in a 'for' expression.",
        )),
        _ => Err(not_iterable(collection)),
    }
}

fn not_iterable(collection: &Value) -> Problem {
    Problem::new(
        "Iteration over non-iterable value",
        format!(
            "A value of type {} cannot be used as the collection in a 'for' expression.",
            collection.type_of().friendly_name()
        ),
    )
}

/// One `for` at work.
struct Comprehension<'a> {
    whole: &'a Expression,
    each: &'a For,
    /// Of the collection, and of all conditions and keys.
    marks: Marks,
    /// Whether all conditions and keys were known so far.
    complete: bool,
    diagnostics: &'a mut Diagnostics,
}

impl Comprehension<'_> {
    fn inner<'s>(&self, scope: &'s dyn Scope, key: Value, value: Value) -> LocalScope<'s> {
        let key = self.each.key_name.as_ref().map(|name| (name, key));
        LocalScope::pair(scope, key, (&self.each.value_name, value))
    }

    /// Tries the condition once on an unknown element: what is wrong with it whatever the element is told once.
    fn condition_makes_sense(&mut self, scope: &dyn Scope) -> bool {
        let Some(condition) = &self.each.condition else { return true };
        let inner = self.inner(scope, Value::dynamic(), Value::dynamic());
        let mut found = Diagnostics::new();
        let result = value_of(condition, &inner, &mut found);
        let mut sound = !found.has_errors();
        self.diagnostics.extend(found);
        let problem = if result.is_null() {
            Problem::new("Condition is null", "The value of the 'if' clause must not be null.")
        } else if let Err(error) = result.convert(&Type::Bool) {
            Problem::new("Invalid 'for' condition", format!("The 'if' clause value is invalid: {error}."))
        } else {
            return sound;
        };
        sound = false;
        self.diagnostics.push(problem.within(condition, self.whole, scope));
        sound
    }

    fn tuple(&mut self, pairs: Vec<(Value, Value)>, scope: &dyn Scope) -> Value {
        let mut items = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let inner = self.inner(scope, key, value);
            if self.included(&inner) {
                items.push(value_of(&self.each.value, &inner, self.diagnostics));
            }
        }
        Value::tuple(items)
    }

    fn object(&mut self, key: &Expression, pairs: Vec<(Value, Value)>, scope: &dyn Scope) -> Value {
        // Keys come in any order, so they are sorted on the way.
        let mut fields: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        for (index, value) in pairs {
            let inner = self.inner(scope, index, value);
            if !self.included(&inner) {
                continue;
            }
            let Some(name) = self.key(key, &inner) else { continue };
            let value = value_of(&self.each.value, &inner, self.diagnostics);
            if let Entry::Vacant(free) = fields.entry(name.clone()) {
                free.insert(value);
            } else {
                let hidden = value_of(key, &inner, &mut Diagnostics::new()).marks().contains(Marks::SENSITIVE);
                let shown = if hidden { String::new() } else { format!(" {}", quoted(&name)) };
                let problem = Problem::new(
                    "Duplicate object key",
                    format!(
                        "Two different items produced the key{shown} in this 'for' expression. If duplicates are \
                         expected, use the ellipsis (...) after the value expression to enable grouping by key."
                    ),
                );
                self.diagnostics.push(problem.within(key, self.whole, &inner));
            }
        }
        Value::object(fields.into_iter().collect())
    }

    fn groups(&mut self, key: &Expression, pairs: Vec<(Value, Value)>, scope: &dyn Scope) -> Value {
        let mut groups: BTreeMap<Arc<str>, Vec<Value>> = BTreeMap::new();
        for (index, value) in pairs {
            let inner = self.inner(scope, index, value);
            if !self.included(&inner) {
                continue;
            }
            let Some(name) = self.key(key, &inner) else { continue };
            groups.entry(name).or_default().push(value_of(&self.each.value, &inner, self.diagnostics));
        }
        Value::object(groups.into_iter().map(|(name, items)| (name, Value::tuple(items))).collect())
    }

    /// Whether the condition lets an element through.
    fn included(&mut self, inner: &LocalScope<'_>) -> bool {
        let Some(condition) = &self.each.condition else { return true };
        let (given, marks) = value_of(condition, inner, self.diagnostics).unmark();
        self.marks = self.marks | marks;
        let problem = if given.is_null() {
            Problem::new("Invalid 'for' condition", "The value of the 'if' clause must not be null.")
        } else if !given.is_known() {
            self.complete = false;
            return false;
        } else {
            match given.convert(&Type::Bool).map(|value| value.as_bool()) {
                Ok(included) => return included == Some(true),
                Err(error) => {
                    Problem::new("Invalid 'for' condition", format!("The 'if' clause value is invalid: {error}."))
                }
            }
        };
        self.give_up(problem.within(condition, self.whole, inner));
        false
    }

    /// The key of an element; `None` when it is not known or not fit.
    fn key(&mut self, key: &Expression, inner: &LocalScope<'_>) -> Option<Arc<str>> {
        let (given, marks) = value_of(key, inner, self.diagnostics).unmark();
        self.marks = self.marks | marks;
        let problem = if given.is_null() {
            Problem::new("Invalid object key", "Key expression in 'for' expression must not produce a null value.")
        } else if !given.is_known() {
            self.complete = false;
            return None;
        } else {
            match given.convert(&Type::String) {
                Ok(name) => return name.as_str().map(Arc::from),
                Err(error) => Problem::new(
                    "Invalid object key",
                    format!("The key expression produced an invalid result: {error}."),
                ),
            }
        };
        self.give_up(problem.within(key, self.whole, inner));
        None
    }

    /// One such fault is told; the others would be the same.
    fn give_up(&mut self, diagnostic: Diagnostic) {
        if self.complete {
            self.diagnostics.push(diagnostic);
        }
        self.complete = false;
    }
}
