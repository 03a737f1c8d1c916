//! `azurerm_management_lock`

use super::super::wire::{Rule, Same, Table, same_text, text};
use super::arm_kind::ArmKind;
use super::hooks::Hooks;
use crate::provider::{Finding, Planned};
use crate::value::Value;

/// A lock on a subscription, a group or a resource.
pub fn kind() -> ArmKind {
    ArmKind::new(table(), Lock)
}

const NAME: &str = "azurerm_management_lock";

fn table() -> Table {
    Table::of(
        NAME,
        "Microsoft.Authorization/locks",
        "2020-05-01",
        "{scope}/providers/Microsoft.Authorization/locks/{name}",
    )
    .about("A lock that keeps what is beneath it from being deleted or changed.")
    .rows([
        text("name")
            .required()
            .replaces()
            .about("The name of the lock.")
            .rule(Rule::Pattern(r"^[A-Za-z0-9\-_]{1,260}$", "(must be 1 to 260 letters, digits, `-` or `_`)")),
        text("scope").required().replaces().same(Same::ArmId).about("What is locked, with all beneath it."),
        text("lock_level").required().replaces().one_of(&["CanNotDelete", "ReadOnly"]).at("properties.level"),
        text("notes")
            .replaces()
            .at("properties.notes")
            .about("Why.")
            .rule(Rule::Pattern("(?s)^.{0,512}$", "(at most 512 letters)")),
    ])
}

struct Lock;

impl Hooks for Lock {
    fn validate(&self, config: &Value) -> Vec<Finding> {
        super::role_definition::bad_scope(config).into_iter().collect()
    }

    /// A lock comes after all that is beneath it, and goes before: else it would be in the way of its own stack.
    fn implied_order(&self, planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        let text = |p: &Planned<'_>, name: &str| p.value.field(name).and_then(Value::as_str).map(str::to_owned);
        let mut pairs = Vec::new();
        for (lock, instance) in planned.iter().enumerate().filter(|(_, p)| p.kind == NAME) {
            let Some(scope) = text(instance, "scope") else { continue };
            let beneath = planned
                .iter()
                .enumerate()
                .filter(|(_, p)| p.kind != NAME && text(p, "id").is_some_and(|id| is_beneath(&id, &scope)));
            pairs.extend(beneath.map(|(held, _)| (held, lock)));
        }
        pairs
    }
}

/// Whether an id is a scope or lies beneath it, by whole segments.
pub(super) fn is_beneath(id: &str, scope: &str) -> bool {
    let scope = scope.trim_end_matches('/');
    let start = id.get(..scope.len()).is_some_and(|start| same_text(Same::ArmId, start, scope));
    start && id.get(scope.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '|']))
}

#[cfg(test)]
mod tests {
    use super::is_beneath;

    #[test]
    fn a_scope_holds_what_is_beneath_it_by_whole_segments() {
        let group = "/subscriptions/s/resourceGroups/rg";
        assert!(is_beneath(group, group));
        assert!(is_beneath("/subscriptions/s/resourcegroups/RG/providers/a/b/c", group));
        assert!(!is_beneath("/subscriptions/s/resourceGroups/rg-other", group));
        assert!(!is_beneath("/subscriptions/s", group));
    }
}
