//! Writing a node pool: in place where Azure can, else by rotation through a temporary pool.
//!
//! A rotation is four writes: the temporary pool is made, the old one removed, the new one made under the old name,
//! the temporary one removed. Where an earlier run stopped is read from Azure: which of the two pools are there, and
//! whether the one under the old name is already as it should be. So a rotation goes on wherever it was cut off.

use serde_json::{Value as Json, json};

use super::super::wire::json as at;
use super::hooks::{Call, Fault};
use super::node_pool_rows as pool_rows;
use crate::diagnostic::Diagnostic;

/// Members of a pool that only new nodes can have.
const ROTATING: [&str; 16] = [
    "availabilityZones",
    "creationData",
    "enableEncryptionAtHost",
    "enableFIPS",
    "enableNodePublicIP",
    "enableUltraSSD",
    "kubeletConfig",
    "kubeletDiskType",
    "linuxOSConfig",
    "maxPods",
    "onlyCriticalAddons",
    "osDiskSizeGB",
    "osDiskType",
    "podSubnetID",
    "vmSize",
    "vnetSubnetID",
];

/// Writes a pool of the cluster so that it is as `wanted`; `found` is how it was found (both as lifted by
/// [`pool_rows::lift`], with their `name`).
pub async fn write(
    call: &Call<'_>,
    cluster: &str,
    found: &Json,
    wanted: Json,
    temporary: Option<&str>,
) -> Result<(), Fault> {
    let name = at::get_str(&wanted, "name").unwrap_or_default().to_owned();
    let found_name = at::get_str(found, "name").unwrap_or_default().to_owned();
    let pool_id = |name: &str| format!("{cluster}/agentPools/{name}");
    let renews = makes_new_nodes(found, &wanted);
    let body = pool_body(wanted);
    // Found under its temporary name, the pool is where an earlier rotation stopped: the old one is gone.
    if found_name != name {
        put(call, &pool_id(&name), body, &name).await?;
        return Ok(call.delete_at(&pool_id(&found_name)).await?);
    }
    if !renews {
        put(call, &pool_id(&name), body, &name).await?;
        if let Some(temporary) = temporary
            && call.find_at(&pool_id(temporary)).await?.is_some()
        {
            call.delete_at(&pool_id(temporary)).await?;
        }
        return Ok(());
    }
    let Some(temporary) = temporary else { return Err(no_temporary_name(&name).into()) };
    if call.find_at(&pool_id(temporary)).await?.is_none() {
        put(call, &pool_id(temporary), body.clone(), temporary).await?;
    }
    call.delete_at(&pool_id(&name)).await?;
    put(call, &pool_id(&name), body, &name).await?;
    Ok(call.delete_at(&pool_id(temporary)).await?)
}

/// Whether Azure has to make new nodes for the change.
fn makes_new_nodes(found: &Json, wanted: &Json) -> bool {
    let linux = |pool: &Json| {
        at::get_str(pool, "osSKU").is_some_and(|sku| sku.starts_with("Ubuntu") || sku.starts_with("AzureLinux"))
    };
    let system = at::get(found, "osSKU") != at::get(wanted, "osSKU") && !(linux(found) && linux(wanted));
    system || ROTATING.iter().any(|member| at::get(found, member) != at::get(wanted, member))
}

async fn put(call: &Call<'_>, id: &str, mut body: Json, name: &str) -> Result<(), Fault> {
    at::set(&mut body, "name", json!(name));
    call.put_at(id, body).await?;
    Ok(())
}

/// The body of the pool's own resource. What only Azure says stays out: it would not fit the new pool.
fn pool_body(mut pool: Json) -> Json {
    pool_rows::lower(&mut pool);
    for member in ["name", "currentOrchestratorVersion", "eTag", "nodeImageVersion", "powerState", "provisioningState"]
    {
        at::remove(&mut pool, member);
    }
    json!({ "properties": pool })
}

fn no_temporary_name(name: &str) -> Diagnostic {
    Diagnostic::error(
        "`temporary_name_for_rotation` must be specified",
        format!(
            "The change makes new nodes, so the node pool {name} is made anew while a temporary pool carries the load. \
             Set temporary_name_for_rotation to a name for it, such as \"tmp\"."
        ),
    )
}
