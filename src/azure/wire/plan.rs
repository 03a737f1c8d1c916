//! What an object will be, decided from its table: defaults, kept spellings, what stays, what becomes unknown, and
//! which changes replace the object.

use std::sync::Arc;

use super::decode::{collect, is_default};
use super::identify::id_of;
use super::same::{equal, is_zero, normal_location, same};
use super::scalar::{literal, set_of};
use super::schema::{timeouts_type, type_of};
use super::table::{Blocks, Literal, Presence, Row, Same, Shape, Table};
use crate::diagnostic::Diagnostic;
use crate::provider::{Finding, PlanResponse};
use crate::value::{Fields, Path, Type, Value, ValueKind};

/// Which major version of azurerm a configuration is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// 4.x, and what is left of 3.x.
    V4,
    /// 5.x.
    V5,
    /// No version is asked for: what is new is as in the newest, 5.x, and what 4.x had is taken too.
    #[default]
    Any,
}

impl Dialect {
    /// From the constraint in `required_providers`: 5.x where 4.x is not allowed, and any without one.
    pub fn of_constraint(constraint: Option<&str>) -> Self {
        let Some(constraint) = constraint.filter(|constraint| !constraint.trim().is_empty()) else { return Self::Any };
        let clauses = constraint.split(',').map(str::trim);
        let beyond_four = clauses.filter(|clause| !clause.starts_with(['<', '!'])).any(|clause| {
            let version = clause.trim_start_matches(['=', '>', '~', ' ']).trim_start_matches('v');
            let major = version.split('.').next().and_then(|major| major.trim().parse::<u32>().ok());
            major.is_some_and(|major| major >= 5)
        });
        if beyond_four { Self::V5 } else { Self::V4 }
    }

    /// Whether what only one major version has is not there in this one.
    pub fn lacks(self, only: Option<Self>) -> bool {
        only.is_some_and(|only| (self == Self::V4) != (only == Self::V4))
    }
}

/// A plan in the making, as the hooks of a kind see and change it.
#[derive(Debug)]
pub struct PlanCase<'a> {
    /// The configuration's dialect.
    pub dialect: Dialect,
    /// The object as observed; `None` to create.
    pub prior: Option<&'a Value>,
    /// The configuration.
    pub config: &'a Value,
    /// What the object will be, so far.
    pub planned: Value,
    /// What replaces it, so far.
    pub requires_replace: Vec<Path>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What is refused or warned of.
    pub findings: Vec<Finding>,
}

impl<'a> PlanCase<'a> {
    /// Plans by the table alone.
    pub fn by_table(
        table: &Table,
        subscription: &str,
        dialect: Dialect,
        prior: Option<&'a Value>,
        config: &'a Value,
    ) -> Self {
        let mut planner = Planner { dialect, updating: prior.is_some(), requires_replace: Vec::new() };
        let mut fields = planner.rows(&table.rows, config, prior, &Path::default());
        fields.insert(Arc::from("timeouts"), timeouts(config, prior));
        let planned = Value::object(fields);
        let known_id = || id_of(table.id, subscription, &planned).map(Value::string);
        let id = match prior.and_then(|prior| prior.field("id")) {
            Some(id) if planner.requires_replace.is_empty() => id.clone(),
            _ => known_id().unwrap_or_else(|| Value::unknown(Type::String)),
        };
        let mut case = Self {
            dialect,
            prior,
            config,
            planned: put(&planned, &["id"], id),
            requires_replace: planner.requires_replace,
            notes: Vec::new(),
            findings: Vec::new(),
        };
        case.follow(table);
        case.tell_new_defaults(table);
        case
    }

    /// Tells what changes though nobody wrote it: the configuration asks for an azurerm with another default.
    fn tell_new_defaults(&mut self, table: &Table) {
        if self.dialect != Dialect::V5 || self.prior.is_none() {
            return;
        }
        for row in &table.rows {
            let Some(default) = row.default_v5.filter(|_| !self.is_configured(row.name) && self.changes(row.name))
            else {
                continue;
            };
            let now = super::scalar::literal_json(default);
            self.note(format!("{} is not configured, and {now} by default since azurerm 5", row.name));
        }
    }

    /// The answer to the engine.
    pub fn finish(self) -> PlanResponse {
        PlanResponse {
            planned: self.planned,
            requires_replace: self.requires_replace,
            notes: self.notes,
            findings: self.findings,
        }
    }

    /// The planned value at a dotted path from the top; through the first element of each list.
    pub fn planned_at(&self, path: &str) -> Option<&Value> {
        at(&self.planned, path)
    }

    /// The prior value at a dotted path.
    pub fn prior_at(&self, path: &str) -> Option<&Value> {
        self.prior.and_then(|prior| at(prior, path))
    }

    /// Whether the configuration says anything (perhaps unknown) at a dotted path.
    pub fn is_configured(&self, path: &str) -> bool {
        at(self.config, path).is_some_and(|v| !v.is_null())
    }

    /// Whether an existing object's value at a dotted path changes.
    pub fn changes(&self, path: &str) -> bool {
        self.prior.is_some_and(|prior| changed(prior, &self.planned, path))
    }

    /// Puts a value at a dotted path.
    pub fn set(&mut self, path: &str, value: Value) {
        let steps: Vec<_> = path.split('.').collect();
        self.planned = put(&self.planned, &steps, value);
    }

    /// Makes a change of this path replace the object.
    pub fn replace(&mut self, path: &str) {
        self.requires_replace.push(path_of(path));
    }

    /// Tells a person something.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Refuses the plan because of a path.
    pub fn refuse(&mut self, path: &str, summary: impl Into<String>, detail: impl Into<String>) {
        self.findings.push(Finding { path: path_of(path), diagnostic: Diagnostic::error(summary, detail) });
    }

    /// Warns because of a path.
    pub fn warn(&mut self, path: &str, summary: impl Into<String>, detail: impl Into<String>) {
        self.findings.push(Finding { path: path_of(path), diagnostic: Diagnostic::warning(summary, detail) });
    }

    /// Makes computed values unknown that follow what changes.
    fn follow(&mut self, table: &Table) {
        let Some(prior) = self.prior else { return };
        let before = self.planned.clone();
        let moved = |row: &Row| row.follows.iter().any(|path| changed(prior, &before, path));
        self.planned = unknown_where(&table.rows, &before, self.config, &moved);
    }
}

/// Whether the value at a dotted path differs between two objects; nothing and azurerm's zero are the same.
pub fn changed(before: &Value, after: &Value, path: &str) -> bool {
    match (at(before, path), at(after, path)) {
        (Some(before), Some(after)) => !(equal(before, after) || (is_zero(before) && is_zero(after))),
        (Some(one), None) | (None, Some(one)) => !is_zero(one),
        (None, None) => false,
    }
}

/// The value at a dotted path; through the first element of each list.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| match value.kind() {
        ValueKind::List(..) => value.as_elements()?.first()?.field(name),
        _ => value.field(name),
    })
}

/// A dotted path as a path into a value, through the first element of each block.
pub fn path_of(path: &str) -> Path {
    let mut steps = path.split('.');
    let first = Path::attribute(steps.next().unwrap_or_default());
    steps.fold(first, |path, name| path.then_position(0).then_attribute(name))
}

fn put(value: &Value, steps: &[&str], new: Value) -> Value {
    let Some((name, rest)) = steps.split_first() else { return new };
    match value.kind() {
        ValueKind::List(element, items) => {
            let mut items = items.to_vec();
            if let Some(first) = items.first_mut() {
                *first = put(first, steps, new);
            }
            Value::list(element.clone(), items).marked(value.marks())
        }
        ValueKind::Object(fields) => {
            let mut fields = Fields::clone(fields);
            let inner = fields.get(*name).map_or_else(|| new.clone(), |inner| put(inner, rest, new.clone()));
            fields.insert(Arc::from(*name), inner);
            Value::object(fields).marked(value.marks())
        }
        _ => value.clone(),
    }
}

fn unknown_where(rows: &[Row], planned: &Value, config: &Value, moved: &dyn Fn(&Row) -> bool) -> Value {
    let Some(fields) = planned.as_fields() else { return planned.clone() };
    let mut fields = Fields::clone(fields);
    for row in rows {
        let configured = config.field(row.name);
        let written = configured.is_some_and(|c| !is_zero(c));
        if row.is_computed() && !written && moved(row) {
            fields.insert(Arc::from(row.name), Value::unknown(type_of(row)));
            continue;
        }
        let (Shape::Blocks(blocks), Some(value)) = (&row.shape, fields.get(row.name)) else { continue };
        let Some(items) = value.as_elements().filter(|_| !blocks.set) else { continue };
        let nothing = Value::object(Fields::new());
        let inner = |position: usize| configured.and_then(|c| c.as_elements()?.get(position)).unwrap_or(&nothing);
        let items: Vec<_> =
            items.iter().enumerate().map(|(i, item)| unknown_where(&blocks.rows, item, inner(i), moved)).collect();
        fields.insert(Arc::from(row.name), collect(blocks, items).marked(value.marks()));
    }
    Value::object(fields).marked(planned.marks())
}

fn timeouts(config: &Value, prior: Option<&Value>) -> Value {
    let written = config.field("timeouts").filter(|t| !t.is_null());
    written
        .or_else(|| prior?.field("timeouts").filter(|t| t.is_null()))
        .cloned()
        .unwrap_or_else(|| Value::null(timeouts_type()))
}

struct Planner {
    dialect: Dialect,
    updating: bool,
    requires_replace: Vec<Path>,
}

impl Planner {
    fn rows(&mut self, rows: &[Row], config: &Value, prior: Option<&Value>, path: &Path) -> Fields {
        rows.iter()
            .map(|row| {
                let path = path.then_attribute(row.name);
                let configured = config.field(row.name).cloned().unwrap_or_else(|| Value::null(type_of(row)));
                let before = recorded(row, prior);
                let twin = row.twin.and_then(|twin| config.field(twin)).filter(|twin| !twin.is_null());
                let value = match (&row.shape, twin) {
                    (Shape::Blocks(blocks), _) => self.blocks(row, blocks, &configured, before, &path),
                    (_, Some(twin)) if configured.is_null() => self.as_twin(row, twin, prior),
                    (_, None) if configured.is_null() && stays_with_twin(row, prior) => configured,
                    _ => self.attribute(row, &configured, before, &path),
                };
                (Arc::from(row.name), value)
            })
            .collect()
    }

    /// What a row is that is configured under its other name. An object recorded by an azurerm that did not have this
    /// name goes on without it until the setting changes.
    fn as_twin(&self, row: &Row, configured: &Value, prior: Option<&Value>) -> Value {
        let before = recorded(row, prior);
        let planned = self.attribute_value(row, configured, before);
        let own = prior.and_then(|prior| prior.field(row.name)).filter(|own| own.is_null());
        own.filter(|_| before.is_some_and(|before| equal(before, &planned))).cloned().unwrap_or(planned)
    }

    fn attribute(&mut self, row: &Row, configured: &Value, before: Option<&Value>, path: &Path) -> Value {
        let planned = self.attribute_value(row, configured, before);
        let moved = match before {
            Some(before) => !(equal(before, &planned) || is_zero(before) && is_zero(&planned)),
            None => !is_zero(&planned),
        };
        if row.replaces && row.configurable() && self.updating && moved {
            self.requires_replace.push(path.clone());
        }
        planned
    }

    fn attribute_value(&self, row: &Row, configured: &Value, before: Option<&Value>) -> Value {
        if row.write_only {
            return Value::null(type_of(row));
        }
        if row.presence == Presence::Computed {
            return before.cloned().unwrap_or_else(|| Value::unknown(type_of(row)));
        }
        if !configured.is_known() {
            return configured.clone();
        }
        if configured.is_null() {
            return self.unconfigured(row, before);
        }
        match before {
            Some(before) if same(row.same, before, configured) => before.clone().marked(configured.marks()),
            Some(before) if matches!(row.shape, Shape::Set(_)) => spelled_as(row.same, configured, before),
            _ => normal(row, configured),
        }
    }

    fn unconfigured(&self, row: &Row, before: Option<&Value>) -> Value {
        // What exists keeps what it has unless a version is asked for that decides otherwise.
        let newly_decided = self.dialect == Dialect::V5 && row.default_v5.is_some();
        if let (true, false, Some(before)) = (row.service_fills, newly_decided, before) {
            return before.clone();
        }
        if let Some(default) = self.default(row) {
            let default = literal(default);
            return before.filter(|before| same(row.same, before, &default)).cloned().unwrap_or(default);
        }
        match (row.presence, before) {
            (Presence::OptionalComputed, before) => before.cloned().unwrap_or_else(|| Value::unknown(type_of(row))),
            (_, Some(before)) if is_zero(before) => before.clone(),
            // Nothing is configured, and what is there is what the service makes of nothing.
            (_, Some(before)) if row.filled_as.is_some_and(|filled| same(row.same, before, &literal(filled))) => {
                before.clone()
            }
            _ => Value::null(type_of(row)),
        }
    }

    fn default(&self, row: &Row) -> Option<Literal> {
        match self.dialect {
            Dialect::V5 | Dialect::Any => row.default_v5.or(row.default),
            Dialect::V4 => row.default,
        }
    }

    fn blocks(&mut self, row: &Row, blocks: &Blocks, configured: &Value, before: Option<&Value>, path: &Path) -> Value {
        let computed = || before.cloned().unwrap_or_else(|| Value::unknown(type_of(row)));
        if row.presence == Presence::Computed {
            return computed();
        }
        if !configured.is_known() {
            return configured.clone();
        }
        let items = configured.as_elements().unwrap_or_default();
        if items.is_empty() && (row.presence == Presence::OptionalComputed || filled_in(row, blocks, before)) {
            return computed();
        }
        let old = before.and_then(Value::as_elements).unwrap_or_default();
        self.presence_change(row, blocks, items, old, path);
        let by_content = blocks.set || row.same == Same::Unordered;
        let replacing = self.requires_replace.len();
        let planned: Vec<_> = items
            .iter()
            .enumerate()
            .map(|(position, item)| {
                let partner = if by_content { partner(&blocks.rows, item, old) } else { old.get(position) };
                let path = if blocks.set { path.clone() } else { path.then_position(position) };
                if item.is_known() {
                    Value::object(self.rows(&blocks.rows, item, partner, &path)).marked(item.marks())
                } else {
                    item.clone()
                }
            })
            .collect();
        if blocks.set && self.requires_replace.len() > replacing {
            // No path leads into a set: it is the set as a whole that cannot change.
            self.requires_replace.truncate(replacing);
            self.requires_replace.push(path.clone());
        }
        let planned = collect(blocks, planned);
        let kept = before.filter(|before| row.same == Same::Unordered && same(Same::Unordered, before, &planned));
        kept.cloned().unwrap_or(planned).marked(configured.marks())
    }

    /// A block that comes or goes replaces the object when it is marked so, or when something in it is.
    fn presence_change(&mut self, row: &Row, blocks: &Blocks, items: &[Value], old: &[Value], path: &Path) {
        let goes = old.len() > items.len();
        let lost = || {
            let gone = old.get(items.len()..).unwrap_or_default();
            blocks.rows.iter().any(|r| r.replaces && gone.iter().any(|o| o.field(r.name).is_some_and(|v| !is_zero(v))))
        };
        if self.updating && ((row.replaces && old.len() != items.len()) || (goes && !blocks.set && lost())) {
            self.requires_replace.push(path.clone());
        }
    }
}

/// Whether the other name of a row alone is recorded, by an azurerm that did not have this one; nothing decides it anew.
fn stays_with_twin(row: &Row, prior: Option<&Value>) -> bool {
    let decided = row.default.is_some() || row.default_v5.is_some();
    let own = prior.and_then(|prior| prior.field(row.name));
    row.twin.is_some() && !decided && own.is_some_and(Value::is_null)
}

/// What is recorded of a row, under its own name or, by an azurerm that had no other, under its former one.
fn recorded<'v>(row: &Row, prior: Option<&'v Value>) -> Option<&'v Value> {
    let prior = prior?;
    let own = prior.field(row.name);
    own.filter(|value| !value.is_null()).or_else(|| prior.field(row.twin?).filter(|value| !value.is_null())).or(own)
}

/// Whether what is recorded of a block is what the service says of its own accord.
fn filled_in(row: &Row, blocks: &Blocks, before: Option<&Value>) -> bool {
    let items = before.and_then(Value::as_elements).unwrap_or_default();
    row.service_fills && !items.is_empty() && items.iter().all(|item| is_default(&blocks.rows, item))
}

/// The recorded element of a set that a configured one goes on from.
fn partner<'v>(rows: &[Row], item: &Value, old: &'v [Value]) -> Option<&'v Value> {
    if let Some(name) = item.field("name") {
        return old.iter().find(|o| o.field("name").is_some_and(|n| same(Same::Caseless, n, name)));
    }
    let agrees = |o: &Value| {
        rows.iter().all(|row| match (item.field(row.name), o.field(row.name)) {
            (Some(new), Some(old)) => new.is_null() || same(row.same, old, new),
            _ => true,
        })
    };
    old.iter().find(|o| agrees(o))
}

/// A configured set with the elements that were there before spelled as they were.
fn spelled_as(how: Same, configured: &Value, before: &Value) -> Value {
    let (ValueKind::Set(element, items), Some(old)) = (configured.kind(), before.as_elements()) else {
        return configured.clone();
    };
    let items = items.iter().map(|item| old.iter().find(|o| same(how, o, item)).unwrap_or(item).clone()).collect();
    set_of(element.clone(), items).marked(configured.marks())
}

/// A configured value as it is sent and recorded.
fn normal(row: &Row, configured: &Value) -> Value {
    match (row.same, configured.as_str()) {
        (Same::Location, Some(region)) => Value::string(normal_location(region)).marked(configured.marks()),
        _ => configured.clone(),
    }
}
