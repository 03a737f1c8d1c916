//! Paths into a value.

use std::fmt;
use std::sync::Arc;

use super::{Number, Value};

/// One step into a value.
#[derive(Clone, Debug)]
pub enum PathStep {
    /// An attribute of an object.
    Attribute(Arc<str>),
    /// An element: a number for a list or tuple, a string for a map, the element itself for a set.
    Index(Value),
}

/// Steps from the outside in.
#[derive(Clone, Debug, Default)]
pub struct Path(pub Vec<PathStep>);

impl Path {
    /// The path of an attribute at the top.
    pub fn attribute(name: &str) -> Self {
        Self(vec![PathStep::Attribute(name.into())])
    }

    /// This path and an attribute step.
    #[must_use]
    pub fn then_attribute(&self, name: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(PathStep::Attribute(name.into()));
        Self(steps)
    }

    /// This path and an index step.
    #[must_use]
    pub fn then_index(&self, index: Value) -> Self {
        let mut steps = self.0.clone();
        steps.push(PathStep::Index(index));
        Self(steps)
    }

    /// This path and an index step by position.
    #[must_use]
    pub fn then_position(&self, position: usize) -> Self {
        self.then_index(Value::number(Number::from(position)))
    }
}

impl fmt::Display for Path {
    /// As Terraform prints it: `.a[0].b["k"]`, without the first dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Attribute(name) if i == 0 => f.write_str(name)?,
                PathStep::Attribute(name) => write!(f, ".{name}")?,
                PathStep::Index(index) => match (index.as_number(), index.as_str()) {
                    (Some(n), _) => write!(f, "[{n}]")?,
                    (_, Some(s)) => write!(f, "[{}]", serde_json::Value::from(s))?,
                    _ => f.write_str("[...]")?,
                },
            }
        }
        Ok(())
    }
}
