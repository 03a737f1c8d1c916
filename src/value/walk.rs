//! Going through a value: its parts, its marks, its paths.

use std::sync::Arc;

use super::{Fields, Marks, Number, Path, PathStep, Type, Value, ValueKind};

impl Value {
    /// The type: of a null or unknown the one it carries, of anything else the one its parts make up.
    pub fn type_of(&self) -> Type {
        match &self.kind {
            ValueKind::Null(ty) | ValueKind::Unknown(ty, _) => ty.clone(),
            ValueKind::Bool(_) => Type::Bool,
            ValueKind::Number(_) => Type::Number,
            ValueKind::String(_) => Type::String,
            ValueKind::List(element, _) => Type::list(element.clone()),
            ValueKind::Set(element, _) => Type::set(element.clone()),
            ValueKind::Map(element, _) => Type::map(element.clone()),
            ValueKind::Tuple(items) => Type::tuple(items.iter().map(Self::type_of).collect()),
            ValueKind::Object(fields) => Type::object(fields.iter().map(|(name, v)| (name.clone(), v.type_of()))),
        }
    }

    /// The parts of a known collection, tuple or object, without their keys, in order; nothing for other values.
    pub fn parts(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.kind {
            ValueKind::List(_, items) | ValueKind::Set(_, items) | ValueKind::Tuple(items) => Box::new(items.iter()),
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => Box::new(fields.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Keys and elements in the order of `for`: positions for lists and tuples, names for maps and objects, the
    /// elements themselves for sets. `None` for what cannot be iterated: primitives, nulls, unknowns.
    pub fn iterate(&self) -> Option<Vec<(Value, Value)>> {
        match &self.kind {
            ValueKind::List(_, items) | ValueKind::Tuple(items) => {
                let keyed = items.iter().enumerate();
                Some(keyed.map(|(i, item)| (Self::number(Number::from(i)), item.clone())).collect())
            }
            ValueKind::Set(_, items) => Some(items.iter().map(|item| (item.clone(), item.clone())).collect()),
            ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
                Some(fields.iter().map(|(key, item)| (Self::string(key.clone()), item.clone())).collect())
            }
            _ => None,
        }
    }

    /// Whether nothing in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        self.is_known() && self.parts().all(Self::is_wholly_known)
    }

    /// The marks on it and on everything in it.
    pub fn deep_marks(&self) -> Marks {
        self.parts().fold(self.marks, |marks, part| marks | part.deep_marks())
    }

    /// Whether all of `marks` are on one value, it or one in it.
    pub fn contains_marked(&self, marks: Marks) -> bool {
        self.marks.contains(marks) || self.parts().any(|part| part.contains_marked(marks))
    }

    /// The value without any marks at any depth, and the marks that it had.
    #[must_use]
    pub fn without_deep_marks(self) -> (Self, Marks) {
        let marks = self.deep_marks();
        if marks.is_empty() { (self, marks) } else { (self.unmark_deep().0, marks) }
    }

    /// The value without any marks, and which were where.
    #[must_use]
    pub fn unmark_deep(self) -> (Self, Vec<(Path, Marks)>) {
        let mut found = Vec::new();
        if self.deep_marks().is_empty() {
            return (self, found);
        }
        let bare = self.transform(&mut |path, value| {
            let (value, marks) = value.unmark();
            if !marks.is_empty() {
                found.push((path.clone(), marks));
            }
            value
        });
        (bare, found)
    }

    /// The value with marks added at paths; a path that leads nowhere marks the last value that it reaches.
    #[must_use]
    pub fn with_marks_at(self, paths: &[(Path, Marks)]) -> Self {
        paths.iter().fold(self, |value, (path, marks)| mark_at(value, &path.0, *marks))
    }

    /// Replaces every value, the inner ones first; `f` gets the path and the value with its parts already replaced.
    /// A set's path steps are the elements as they were.
    #[must_use]
    pub fn transform(self, f: &mut dyn FnMut(&Path, Value) -> Value) -> Self {
        transform_at(self, &mut Path::default(), f)
    }

    /// Visits every value, the outer ones first, until `f` says not to go into one.
    pub fn walk(&self, f: &mut dyn FnMut(&Path, &Value) -> bool) {
        walk_at(self, &mut Path::default(), f);
    }

    /// The value that a path leads to, with the marks of everything on the way; `None` where it leads nowhere.
    pub fn at(&self, path: &Path) -> Option<Value> {
        let mut marks = Marks::NONE;
        let mut value = self;
        for step in &path.0 {
            marks = marks | value.marks;
            value = value.step(step)?;
        }
        Some(value.clone().marked(marks))
    }

    fn step(&self, step: &PathStep) -> Option<&Value> {
        match step {
            PathStep::Attribute(name) => self.field(name),
            PathStep::Index(key) => match &self.kind {
                ValueKind::List(_, items) | ValueKind::Tuple(items) => items.get(key.as_number()?.to_usize()?),
                ValueKind::Set(_, items) => items.iter().find(|item| item.raw_eq_unmarked(key)),
                ValueKind::Map(_, fields) | ValueKind::Object(fields) => fields.get(key.as_str()?),
                _ => None,
            },
        }
    }
}

fn mark_at(value: Value, steps: &[PathStep], marks: Marks) -> Value {
    let Some((first, rest)) = steps.split_first() else {
        return value.marked(marks);
    };
    let Some(part) = value.step(first).cloned() else {
        return value.marked(marks);
    };
    if matches!(value.kind, ValueKind::Set(..)) {
        return value.marked(marks);
    }
    let part = mark_at(part, rest, marks);
    let Value { kind, marks: own } = value;
    let name = match first {
        PathStep::Attribute(name) => Some(name.clone()),
        PathStep::Index(key) => key.as_str().map(Arc::from),
    };
    let position = if let PathStep::Index(key) = first { key.as_number().and_then(Number::to_usize) } else { None };
    let set_item = |mut items: Arc<Vec<Value>>| {
        if let Some(slot) = position.and_then(|i| Arc::make_mut(&mut items).get_mut(i)) {
            *slot = part.clone();
        }
        items
    };
    let set_field = |mut fields: Arc<Fields>| {
        if let Some(name) = name {
            Arc::make_mut(&mut fields).insert(name, part.clone());
        }
        fields
    };
    let kind = match kind {
        ValueKind::List(element, items) => ValueKind::List(element, set_item(items)),
        ValueKind::Tuple(items) => ValueKind::Tuple(set_item(items)),
        ValueKind::Map(element, fields) => ValueKind::Map(element, set_field(fields)),
        ValueKind::Object(fields) => ValueKind::Object(set_field(fields)),
        other => other,
    };
    Value { kind, marks: own }
}

fn transform_at(value: Value, path: &mut Path, f: &mut dyn FnMut(&Path, Value) -> Value) -> Value {
    let Value { kind, marks } = value;
    let kind = match kind {
        ValueKind::List(element, items) => {
            let items = transform_items(&items, path, f);
            let element = items.first().map_or(element, Value::type_of);
            ValueKind::List(element, Arc::new(items))
        }
        ValueKind::Tuple(items) => ValueKind::Tuple(Arc::new(transform_items(&items, path, f))),
        ValueKind::Set(element, items) => {
            let items: Vec<Value> =
                items.iter().map(|item| at_step(path, PathStep::Index(item.clone()), item, f)).collect();
            let element = items.first().map_or(element, Value::type_of);
            let set = Value::set(element, items);
            let set = set.marked(marks);
            return f(path, set);
        }
        ValueKind::Map(element, fields) => {
            let step = |key: &Arc<str>| PathStep::Index(Value::string(key.clone()));
            let fields = transform_fields(&fields, step, path, f);
            let element = fields.values().next().map_or(element, Value::type_of);
            ValueKind::Map(element, Arc::new(fields))
        }
        ValueKind::Object(fields) => {
            let step = |key: &Arc<str>| PathStep::Attribute(key.clone());
            ValueKind::Object(Arc::new(transform_fields(&fields, step, path, f)))
        }
        leaf => leaf,
    };
    f(path, Value { kind, marks })
}

fn transform_items(items: &[Value], path: &mut Path, f: &mut dyn FnMut(&Path, Value) -> Value) -> Vec<Value> {
    let position = |i| PathStep::Index(Value::number(Number::from(i)));
    items.iter().enumerate().map(|(i, item)| at_step(path, position(i), item, f)).collect()
}

fn transform_fields(
    fields: &Fields,
    step: impl Fn(&Arc<str>) -> PathStep,
    path: &mut Path,
    f: &mut dyn FnMut(&Path, Value) -> Value,
) -> Fields {
    fields.iter().map(|(key, item)| (key.clone(), at_step(path, step(key), item, f))).collect()
}

fn at_step(path: &mut Path, step: PathStep, value: &Value, f: &mut dyn FnMut(&Path, Value) -> Value) -> Value {
    path.0.push(step);
    let transformed = transform_at(value.clone(), path, f);
    path.0.pop();
    transformed
}

fn walk_at(value: &Value, path: &mut Path, f: &mut dyn FnMut(&Path, &Value) -> bool) {
    if !f(path, value) {
        return;
    }
    let is_object = matches!(value.kind, ValueKind::Object(_));
    match &value.kind {
        ValueKind::Map(_, fields) | ValueKind::Object(fields) => {
            for (key, item) in fields.iter() {
                let step = if is_object {
                    PathStep::Attribute(key.clone())
                } else {
                    PathStep::Index(Value::string(key.clone()))
                };
                path.0.push(step);
                walk_at(item, path, f);
                path.0.pop();
            }
        }
        ValueKind::List(_, items) | ValueKind::Tuple(items) | ValueKind::Set(_, items) => {
            let is_set = matches!(value.kind, ValueKind::Set(..));
            for (i, item) in items.iter().enumerate() {
                let key = if is_set { item.clone() } else { Value::number(Number::from(i)) };
                path.0.push(PathStep::Index(key));
                walk_at(item, path, f);
                path.0.pop();
            }
        }
        _ => {}
    }
}
