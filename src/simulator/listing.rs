//! Lists, a page at a time.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::request::Request;
use crate::simulator::rights::{PERMISSIONS, permissions_of};
use crate::simulator::service::service_of;
use crate::simulator::services::{VERSIONS, kubernetes_versions, machines, quotas, subscriptions as opened};
use crate::simulator::subscriptions;
use crate::simulator::target::{GROUPS, Key, Target, same};

impl Azure {
    /// `GET` of anything that is not one resource.
    pub(super) fn list(&self, request: &Request, target: &Target) -> Result<Answer, Refusal> {
        let all = match target {
            Target::Subscriptions => opened::all(self.scene()),
            Target::Subscription(id) => return Ok(Answer::json(200, opened::shown(self.scene(), id))),
            Target::Locations(id) => subscriptions::locations(id),
            Target::Providers(scope, None) => subscriptions::providers(scope, &self.faults.unregistered),
            Target::Providers(scope, Some(namespace)) => {
                return Ok(Answer::json(200, subscriptions::provider(scope, namespace, &self.faults.unregistered)));
            }
            Target::Contents(scope) => {
                let mut contents = self.contents(scope)?;
                if let Some(filter) = request.parameter("$filter") {
                    let conditions = conditions(&filter)?;
                    contents.retain(|item| conditions.iter().all(|condition| condition.holds(item)));
                }
                contents
            }
            Target::Collection { parent, kind } if same(kind, machines::VIEW) => {
                return machines::view(self.scene(), parent);
            }
            Target::Collection { kind, .. } if same(kind, VERSIONS) => return Ok(kubernetes_versions()),
            Target::Collection { parent, kind } if same(kind, PERMISSIONS) => {
                permissions_of(self.scene(), self.asking(), parent)
            }
            Target::Collection { parent, kind } if same(kind, quotas::ASSIGNMENTS) => {
                return Ok(Answer::json(200, quotas::assignments(self.scene(), parent)));
            }
            Target::Collection { parent, kind } => {
                let filter = request.parameter("$filter");
                return match service_of(kind).list(self.scene(), parent, filter.as_deref()) {
                    Some(listed) => Ok(self.page(request, listed?, Cow::into_owned)),
                    None => self.collection(request, parent, kind),
                };
            }
            Target::Operation(..) | Target::Resource(_) => Vec::new(),
        };
        Ok(self.page(request, all, |item| item))
    }

    /// What a resource group or a subscription holds, in short form.
    fn contents(&self, scope: &str) -> Result<Vec<Value>, Refusal> {
        let key = Key::of(scope);
        if key.as_str().contains("/resourcegroups/") && self.world.get(&key).is_none() {
            let name = scope.rsplit('/').next().unwrap_or_default();
            return Err(Refusal::new(
                404,
                "ResourceGroupNotFound",
                format!("Resource group '{name}' could not be found."),
            ));
        }
        let top_level = self.world.beneath(&key).filter(|resource| {
            resource.kind.matches('/').count() == 1
                && !same(&resource.kind, GROUPS)
                && !same(&resource.kind, "Microsoft.Resources/tags")
                && !resource.kind.starts_with("Microsoft.Authorization/")
        });
        let short = top_level.map(|resource| {
            let mut short = json!({"id": resource.id, "type": resource.kind});
            for name in ["name", "location", "tags", "identity", "sku", "kind"] {
                if let (Some(value), Some(members)) = (resource.body.get(name), short.as_object_mut()) {
                    members.insert(name.to_owned(), value.clone());
                }
            }
            if let (Some(state), Some(members)) =
                (resource.body.pointer("/properties/provisioningState"), short.as_object_mut())
            {
                members.insert("provisioningState".to_owned(), state.clone());
            }
            short
        });
        Ok(short.collect())
    }

    /// The resources of a kind at or beneath a scope.
    fn collection(&self, request: &Request, parent: &str, kind: &str) -> Result<Answer, Refusal> {
        let scope = Key::of(parent);
        let is_known = self.world.get(&scope).is_some() || scope.as_str().split('/').count() <= 3;
        if !is_known && !scope.as_str().contains("/providers/") {
            let name = parent.rsplit('/').next().unwrap_or_default();
            return Err(Refusal::new(
                404,
                "ResourceGroupNotFound",
                format!("Resource group '{name}' could not be found."),
            ));
        }
        let is_child_kind = kind.matches('/').count() > 1;
        if !is_known && is_child_kind && !scope.as_str().contains("/locations/") {
            let message = format!(
                "Failed to perform 'read' on resource(s) of type '{kind}', because the parent resource '{parent}' could not be found."
            );
            return Err(Refusal::new(404, "ParentResourceNotFound", message));
        }
        let service = service_of(kind);
        let all = self.world.of_kind(kind, &scope).collect();
        Ok(self.page(request, all, |resource| service.show(self.scene(), resource)))
    }

    /// One page of a list, of which only the items on it are shown, and where the next one is.
    pub(super) fn page<Item>(&self, request: &Request, all: Vec<Item>, show: impl Fn(Item) -> Value) -> Answer {
        let asked = request.parameter("$top").and_then(|top| top.parse().ok()).unwrap_or(usize::MAX);
        let size = self.faults.page_size.min(asked).max(1);
        let start = request.parameter("$skiptoken").and_then(|token| skipped(&token)).unwrap_or(0).min(all.len());
        let end = start.saturating_add(size).min(all.len());
        let more = end < all.len();
        let page: Vec<Value> = all.into_iter().skip(start).take(end - start).map(show).collect();
        let mut body = json!({ "value": page });
        if let (true, Some(members)) = (more, body.as_object_mut()) {
            let token = URL_SAFE_NO_PAD.encode(format!("skip:{end}"));
            members.insert("nextLink".to_owned(), Value::from(request.next_page(&token)));
        }
        Answer::json(200, body)
    }
}

/// A condition on what a scope holds: `resourceType eq 'Microsoft.KeyVault/vaults'`.
struct Condition {
    member: &'static str,
    value: String,
    is_equal: bool,
}

impl Condition {
    fn holds(&self, item: &Value) -> bool {
        let text = |member: &str| item.get(member).and_then(Value::as_str).unwrap_or_default();
        let found = if self.member == "resourceGroup" { group_in(text("id")) } else { text(self.member) };
        same(found, &self.value) == self.is_equal
    }
}

/// The name of the resource group in an id.
fn group_in(id: &str) -> &str {
    let mut segments = id.split('/').skip_while(|segment| !same(segment, "resourceGroups"));
    segments.nth(1).unwrap_or_default()
}

/// The conditions of a filter, all of which must hold.
fn conditions(filter: &str) -> Result<Vec<Condition>, Refusal> {
    let one = |text: &str| {
        let (name, rest) = text.trim().split_once(' ')?;
        let (operator, value) = rest.trim().split_once(' ')?;
        let members =
            [("resourceType", "type"), ("resourceGroup", "resourceGroup"), ("name", "name"), ("location", "location")];
        let (_, member) = members.into_iter().find(|(known, _)| same(known, name))?;
        let is_equal = [("eq", true), ("ne", false)].into_iter().find(|(word, _)| same(word, operator))?.1;
        let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?.to_owned();
        Some(Condition { member, value, is_equal })
    };
    let all: Option<Vec<Condition>> = filter.split(" and ").map(one).collect();
    all.ok_or_else(|| {
        Refusal::bad("InvalidFilterInQueryString", format!("Invalid $filter '{filter}' specified in the query string."))
    })
}

/// How many items a token says to skip.
fn skipped(token: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("skip:")?.parse().ok()
}
