//! What plans and states have in common in JSON: resources in a tree of modules, and check results.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::address::{Address, InstanceKey, ModuleInstance, ResourceMode, WORKLOAD};

/// `address`, `mode`, `type`, `name`, `index` of an instance.
pub fn identity(address: &Address) -> Map<String, Json> {
    let mut fields = Map::new();
    fields.insert("address".into(), address.to_string().into());
    fields.insert("mode".into(), mode(address.resource.mode).into());
    fields.insert("type".into(), (&*address.resource.kind).into());
    fields.insert("name".into(), (&*address.resource.name).into());
    if let Some(index) = key(&address.key) {
        fields.insert("index".into(), index);
    }
    fields
}

/// Terraform's word for a mode.
pub fn mode(mode: ResourceMode) -> &'static str {
    match mode {
        ResourceMode::Managed => "managed",
        ResourceMode::Data => "data",
        ResourceMode::Ephemeral => "ephemeral",
    }
}

/// An instance key; `None` for none.
pub fn key(key: &InstanceKey) -> Option<Json> {
    match key {
        InstanceKey::None => None,
        InstanceKey::Int(index) => Some((*index).into()),
        InstanceKey::String(key) => Some((&**key).into()),
    }
}

/// Resources by module, to be joined into the tree that the documents have.
#[derive(Default)]
pub struct ModuleTree {
    resources: BTreeMap<ModuleInstance, Vec<Json>>,
    children: BTreeMap<ModuleInstance, BTreeSet<ModuleInstance>>,
}

impl ModuleTree {
    /// Adds a resource to its module.
    pub fn add(&mut self, module: &ModuleInstance, resource: Json) {
        // A module without resources of its own still holds those below it.
        for depth in 0..module.steps().len() {
            let at = |depth| module.steps().iter().take(depth).cloned().collect::<ModuleInstance>();
            self.children.entry(at(depth)).or_default().insert(at(depth + 1));
        }
        self.resources.entry(module.clone()).or_default().push(resource);
    }

    /// The root module with everything below it.
    pub fn into_json(self) -> Json {
        self.module(&ModuleInstance::root())
    }

    fn module(&self, module: &ModuleInstance) -> Json {
        let mut fields = Map::new();
        if let Some(resources) = self.resources.get(module).filter(|resources| !resources.is_empty()) {
            fields.insert("resources".into(), resources.clone().into());
        }
        if !module.is_root() {
            fields.insert("address".into(), module.to_string().into());
        }
        let children: Vec<Json> =
            self.children.get(module).into_iter().flatten().map(|child| self.module(child)).collect();
        if !children.is_empty() {
            fields.insert("child_modules".into(), children.into());
        }
        Json::Object(fields)
    }
}

/// One entry of `checks`. `kind` is Terraform's word, `object` the address without keys, `instances` address, status
/// and problems.
pub fn check<'a>(
    kind: &str,
    object: &str,
    status: &str,
    instances: impl Iterator<Item = (&'a str, &'a str, &'a [String])>,
) -> Json {
    let mut entry = json!({ "address": checked_object(kind, object), "status": status });
    let instances: Vec<Json> =
        instances.map(|(address, status, problems)| check_instance(address, status, problems)).collect();
    if let (Some(fields), false) = (entry.as_object_mut(), instances.is_empty()) {
        fields.insert("instances".into(), instances.into());
    }
    entry
}

fn checked_object(kind: &str, object: &str) -> Json {
    let (module, local) = split_module(object);
    let mut address = Map::new();
    address.insert("kind".into(), kind.into());
    address.insert("to_display".into(), object.into());
    if !module.is_empty() {
        address.insert("module".into(), module.into());
    }
    if let Some(resource) = Address::parse(local).filter(|_| kind == "resource") {
        address.insert("mode".into(), mode(resource.resource.mode).into());
        address.insert("type".into(), (&*resource.resource.kind).into());
        address.insert("name".into(), (&*resource.resource.name).into());
    } else {
        let name = local.split_once('.').map_or(local, |(_, name)| name);
        address.insert("name".into(), name.into());
    }
    Json::Object(address)
}

fn check_instance(address: &str, status: &str, problems: &[String]) -> Json {
    let (module, local) = split_module(address);
    let mut place = Map::new();
    place.insert("to_display".into(), address.into());
    if !module.is_empty() {
        place.insert("module".into(), module.into());
    }
    if let Some(index) = Address::parse(local).and_then(|address| key(&address.key)) {
        place.insert("instance_key".into(), index);
    }
    let mut entry = json!({ "address": place, "status": status });
    if let (Some(fields), false) = (entry.as_object_mut(), problems.is_empty()) {
        fields.insert("problems".into(), problems.iter().map(|problem| json!({ "message": problem })).collect());
    }
    entry
}

/// `module.a["x"].var.b` in its module and the rest.
fn split_module(address: &str) -> (&str, &str) {
    let mut end = 0;
    let mut rest = address;
    let step_of = |rest: &str| {
        let word = ["module", WORKLOAD]
            .into_iter()
            .find(|word| rest.strip_prefix(word).is_some_and(|r| r.starts_with('.')))?;
        let tail = rest.get(word.len() + 1..)?;
        Some(word.len() + 1 + step_length(tail)?)
    };
    while let Some(used) = step_of(rest) {
        let Some(next) = rest.get(used..).and_then(|r| r.strip_prefix('.')) else { break };
        end += used + 1;
        rest = next;
    }
    (address.get(..end.saturating_sub(1)).unwrap_or_default(), rest)
}

/// The length of `name` or `name["key"]` at the start of the text.
fn step_length(text: &str) -> Option<usize> {
    let name = text.find(['.', '['])?;
    let rest = text.get(name..)?;
    if !rest.starts_with('[') {
        return Some(name);
    }
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(name + at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_split_off_addresses() {
        for (address, module, local) in [
            ("var.x", "", "var.x"),
            ("module.m.var.x", "module.m", "var.x"),
            ("bowline_workload.a.var.x", "bowline_workload.a", "var.x"),
            ("module.m[\"a].b\\\"\"].module.n[0].check.c", "module.m[\"a].b\\\"\"].module.n[0]", "check.c"),
        ] {
            assert_eq!(split_module(address), (module, local));
        }
    }

    #[test]
    fn modules_stand_in_their_parents() {
        let mut tree = ModuleTree::default();
        for text in ["module.a[\"x\"].module.b.t.u", "t.u", "module.a[\"y\"].t.u"] {
            if let Some(address) = Address::parse(text) {
                tree.add(&address.module, Json::Object(identity(&address)));
            }
        }
        let resource = |text: &str| Address::parse(text).map(|a| Json::Object(identity(&a)));
        assert_eq!(
            tree.into_json(),
            json!({
                "resources": [resource("t.u")],
                "child_modules": [
                    {
                        "address": "module.a[\"x\"]",
                        "child_modules": [{
                            "address": "module.a[\"x\"].module.b",
                            "resources": [resource("module.a[\"x\"].module.b.t.u")],
                        }],
                    },
                    { "address": "module.a[\"y\"]", "resources": [resource("module.a[\"y\"].t.u")] },
                ],
            })
        );
    }

    #[test]
    fn check_results_name_what_was_checked() {
        let problems = ["small".to_owned()];
        let entry =
            check("resource", "module.m.t.a", "fail", [("module.m[0].t.a[1]", "fail", &problems[..])].into_iter());
        assert_eq!(
            entry,
            json!({
                "address": { "kind": "resource", "module": "module.m", "mode": "managed", "type": "t", "name": "a",
                             "to_display": "module.m.t.a" },
                "status": "fail",
                "instances": [{
                    "address": { "module": "module.m[0]", "instance_key": 1, "to_display": "module.m[0].t.a[1]" },
                    "status": "fail",
                    "problems": [{ "message": "small" }],
                }],
            })
        );
    }
}
