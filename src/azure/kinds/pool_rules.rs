//! What the tables cannot say of a plan for a node pool, be it a cluster's default pool or one of its own.

use super::super::wire::{PlanCase, is_zero};
use super::node_pool_rows::ROTATING;
use crate::value::{Type, Value};

/// A path inside the block that holds the pool; the pool is the whole object when `pool` is empty.
fn inside(pool: &str, name: &str) -> String {
    if pool.is_empty() { name.to_owned() } else { format!("{pool}.{name}") }
}

/// The autoscaler's limits and the number of nodes.
pub fn scaling(case: &mut PlanCase<'_>, pool: &str) {
    let path = |name: &str| inside(pool, name);
    let scales = case.planned_at(&path("auto_scaling_enabled")).cloned();
    let on = scales.as_ref().and_then(Value::as_bool) == Some(true);
    let off = scales.as_ref().is_none_or(|v| v.is_known() && v.as_bool() != Some(true));
    let number = |case: &PlanCase<'_>, name: &str| {
        case.planned_at(&path(name)).and_then(Value::as_number).and_then(crate::value::Number::to_i64)
    };
    let given = |case: &PlanCase<'_>, name: &str| case.planned_at(&path(name)).is_some_and(|v| !is_zero(v));
    for name in ["min_count", "max_count"] {
        if off && given(case, name) && case.is_configured(&path(name)) {
            case.refuse(
                &path(name),
                format!("`{name}` must be set to `null` when `auto_scaling_enabled` is set to `false`"),
                "The limits are those of the autoscaler. Set auto_scaling_enabled = true, or leave them out.",
            );
        }
        if on && case.planned_at(&path(name)).is_none_or(Value::is_null) {
            case.refuse(
                &path(name),
                "`max_count` and `min_count` must be configured when `auto_scaling_enabled` is set to `true`",
                "A pool that scales by itself needs both limits.",
            );
        }
    }
    if let (true, Some(least), Some(most)) = (on, number(case, "min_count"), number(case, "max_count"))
        && least > most
    {
        case.refuse(
            &path("min_count"),
            "`min_count` must be less than or equal to `max_count`",
            format!("{least} is more than {most}."),
        );
    }
    if on && case.changes(&path("node_count")) && !case.changes(&path("auto_scaling_enabled")) {
        // How many nodes there are is the autoscaler's business; the configured number was for the start.
        if let Some(now) = case.prior_at(&path("node_count")).cloned() {
            case.set(&path("node_count"), now);
        }
    }
}

/// What makes new nodes needs the name of a pool to carry the load meanwhile.
pub fn rotation(case: &mut PlanCase<'_>, pool: &str) {
    let rotating = what_rotates(case, pool);
    if rotating.is_empty() || !case.requires_replace.is_empty() {
        return;
    }
    let names = rotating.join(", ");
    let temporary = inside(pool, "temporary_name_for_rotation");
    let name = case.planned_at(&inside(pool, "name")).and_then(Value::as_str).unwrap_or("default").to_owned();
    match case.planned_at(&temporary).filter(|v| !is_zero(v)).cloned() {
        Some(temporary) => {
            let temporary = temporary.as_str().unwrap_or("a temporary pool").to_owned();
            case.note(format!("nodes of the pool {name} are rotated through {temporary}: {names}"));
        }
        None => case.refuse(
            &temporary,
            format!(
                "`temporary_name_for_rotation` must be specified when updating any of the following properties: {names}"
            ),
            format!(
                "Azure cannot change {names} of a node pool in place. With temporary_name_for_rotation = \"tmp\" a \
                 temporary pool carries the load while the pool {name} is made anew; all its nodes are replaced."
            ),
        ),
    }
}

/// Which planned changes of an existing pool make new nodes.
pub fn what_rotates(case: &PlanCase<'_>, pool: &str) -> Vec<&'static str> {
    let changes = |name: &&&str| case.changes(&inside(pool, name));
    let in_place = in_place_system(case, pool);
    ROTATING.iter().filter(changes).filter(|name| **name != "os_sku" || !in_place).copied().collect()
}

/// Ubuntu and Azure Linux replace each other node by node, without a new pool.
fn in_place_system(case: &PlanCase<'_>, pool: &str) -> bool {
    let linux = |value: Option<&Value>| {
        value.and_then(Value::as_str).is_some_and(|sku| sku.starts_with("Ubuntu") || sku.starts_with("AzureLinux"))
    };
    let path = inside(pool, "os_sku");
    linux(case.prior_at(&path)) && linux(case.planned_at(&path))
}

/// A version that Azure has raised above the configured one is kept, with a note.
pub fn never_lower(case: &mut PlanCase<'_>, path: &str) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let (now, wanted) = (text(case.prior_at(path)), text(case.planned_at(path)));
    let (Some(now_minor), Some(wanted_minor)) = (minor(&now), minor(&wanted)) else { return };
    if wanted_minor < now_minor {
        case.note(format!("{path} stays {now}: a version is never lowered ({wanted} is configured)"));
        case.set(path, Value::string(now));
        let current = "current_kubernetes_version";
        if path == "kubernetes_version" {
            let recorded = case.prior_at(current).cloned().unwrap_or_else(|| Value::null(Type::String));
            case.set(current, recorded);
        }
    }
}

/// The minor version: 33 of `1.33.5`.
pub fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}
