//! What the blocks are called, and which of them a text refers to.

use std::collections::{BTreeMap, BTreeSet};

use super::Object;

/// The labels of all objects, in their order, and where ids and names are found.
pub(super) struct Names {
    labels: Vec<String>,
    by_id: BTreeMap<String, usize>,
    /// Kind and name to the object.
    by_name: BTreeMap<(String, String), usize>,
    /// Of identities, by their principal.
    by_principal: BTreeMap<String, usize>,
}

/// A part of an object that something refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Which object.
    pub object: usize,
    /// Which of its attributes.
    pub attribute: &'static str,
}

impl Names {
    pub(super) fn of(objects: &[Object]) -> Self {
        let mut taken = BTreeSet::new();
        let mut names = Self {
            labels: Vec::new(),
            by_id: BTreeMap::new(),
            by_name: BTreeMap::new(),
            by_principal: BTreeMap::new(),
        };
        for (index, object) in objects.iter().enumerate() {
            let text = |name: &str| object.recorded.value.field(name).and_then(|value| value.as_str());
            let base = identifier(object.label.as_deref().or(text("name")).unwrap_or("this"));
            let mut label = base.clone();
            let mut number = 2;
            while !taken.insert((object.kind.clone(), label.clone())) {
                label = format!("{base}_{number}");
                number += 1;
            }
            names.labels.push(label);
            if let Some(id) = text("id") {
                names.by_id.entry(id.to_ascii_lowercase()).or_insert(index);
            }
            if let Some(name) = text("name") {
                names.by_name.entry((object.kind.clone(), name.to_ascii_lowercase())).or_insert(index);
            }
            if let (Some(principal), "azurerm_user_assigned_identity") = (text("principal_id"), object.kind.as_str()) {
                names.by_principal.entry(principal.to_ascii_lowercase()).or_insert(index);
            }
        }
        names
    }

    /// What a block is called.
    pub(super) fn label(&self, object: usize) -> &str {
        self.labels.get(object).map_or("", String::as_str)
    }

    /// What the text of an argument stands for, if that is an object's id, a principal, or the name of what it is in.
    pub(super) fn target(&self, argument: &str, text: &str) -> Option<Target> {
        let text = text.to_ascii_lowercase();
        if let Some(&object) = self.by_id.get(&text) {
            return Some(Target { object, attribute: "id" });
        }
        if argument.ends_with("principal_id")
            && let Some(&object) = self.by_principal.get(&text)
        {
            return Some(Target { object, attribute: "principal_id" });
        }
        let kind = format!("azurerm_{}", argument.strip_suffix("_name")?);
        let object = *self.by_name.get(&(kind, text))?;
        Some(Target { object, attribute: "name" })
    }
}

/// A name as a label: what no label may have becomes `_`.
fn identifier(name: &str) -> String {
    let mut label: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    while label.contains("__") {
        label = label.replace("__", "_");
    }
    let label = label.trim_matches('_').to_owned();
    if label.starts_with(|c: char| c.is_ascii_alphabetic()) { label } else { format!("n{label}") }
}
