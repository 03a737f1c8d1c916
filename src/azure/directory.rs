//! Who those are to whom roles are given: their names, and who is in groups. Asked of Microsoft Graph, which many who
//! may read Azure may not ask: then it is said why, and nothing fails.
//!
//! Source: Microsoft's reference of Graph 1.0: directoryObject: getByIds (`Directory.Read.All`), group, List
//! transitiveMembers (`GroupMember.Read.All`).

use futures::StreamExt;
use serde_json::Value as Json;

use super::arm::{ArmError, GraphClient};
use crate::provider::{Directory, Entry, Members, Principal, Sought};

/// So many groups are asked for at once.
const AT_ONCE: usize = 8;

/// What the directory says of these.
pub async fn look_up(graph: &GraphClient, sought: &[Sought]) -> Directory {
    let ids: Vec<&str> = sought.iter().map(|one| one.id.as_str()).collect();
    if ids.is_empty() {
        return Directory::default();
    }
    match graph.objects(&ids).await {
        Ok(objects) => {
            let mut directory = Directory { entries: objects.iter().filter_map(entry).collect() };
            let groups = directory.entries.iter().filter(|(_, entry)| is_group(entry));
            let groups: Vec<String> = groups.map(|(id, _)| id.clone()).collect();
            for (id, members) in members_of(graph, groups).await {
                take(&mut directory, &id, members);
            }
            directory
        }
        // Whoever may not ask for anybody by id may perhaps ask for a group.
        Err(error) if error.status() == Some(403) => by_group(graph, sought).await,
        Err(error) => {
            let untold = || Entry { members: Members::Untold(reason(&error)), ..Entry::of_group(None) };
            let groups = sought.iter().filter(|one| one.kind.as_deref() == Some("Group"));
            Directory { entries: groups.map(|one| (one.id.to_ascii_lowercase(), untold())).collect() }
        }
    }
}

/// The service principal of an application, by its client id: `None` where there is none. It takes
/// `Application.Read.All`, or the role of a directory reader.
pub async fn principal_of(graph: &GraphClient, application: &str) -> Result<Option<Principal>, ArmError> {
    // What is no GUID could be more than an id in the path.
    if !application.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return Ok(None);
    }
    match graph.application(application).await {
        Ok(found) => {
            let object = found.get("id").and_then(Json::as_str).map(str::to_owned);
            Ok(object.map(|object| Principal { object, name: name(&found) }))
        }
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What the directory says of those that are groups, each asked for by itself. Whoever is of no known type may be one.
async fn by_group(graph: &GraphClient, sought: &[Sought]) -> Directory {
    let mut directory = Directory::default();
    let may_be = |one: &&Sought| one.kind.as_deref().is_none_or(|kind| kind == "Group");
    let ids = sought.iter().filter(may_be).map(|one| one.id.to_ascii_lowercase()).collect();
    for (id, members) in members_of(graph, ids).await {
        let is_one = sought.iter().any(|one| one.kind.is_some() && one.id.eq_ignore_ascii_case(&id));
        if members.is_ok() || is_one {
            let group = if members.is_ok() { graph.group(&id).await.ok() } else { None };
            directory.entries.insert(id.clone(), Entry::of_group(group.as_ref().and_then(name)));
            take(&mut directory, &id, members);
        }
    }
    directory
}

/// Who is in groups, or why that is not told.
async fn members_of(graph: &GraphClient, groups: Vec<String>) -> Vec<(String, Result<Vec<Json>, ArmError>)> {
    let ask = |id: String| async move {
        let members = graph.members(&id).await;
        (id, members)
    };
    futures::stream::iter(groups).map(ask).buffered(AT_ONCE).collect().await
}

/// Takes in who is in a group. Groups in it are left out: those in them are told too.
fn take(directory: &mut Directory, id: &str, answer: Result<Vec<Json>, ArmError>) {
    let members = match answer {
        Ok(objects) => {
            let people: Vec<(String, Entry)> =
                objects.iter().filter_map(entry).filter(|(_, entry)| !is_group(entry)).collect();
            let ids = people.iter().map(|(id, _)| id.clone()).collect();
            for (id, person) in people {
                directory.entries.entry(id).or_insert(person);
            }
            Members::Known(ids)
        }
        Err(error) => Members::Untold(reason(&error)),
    };
    if let Some(group) = directory.entries.get_mut(id) {
        group.members = members;
    }
}

fn is_group(entry: &Entry) -> bool {
    entry.kind.as_deref() == Some("Group")
}

/// An object of the directory, by its id.
fn entry(object: &Json) -> Option<(String, Entry)> {
    let id = object.get("id").and_then(Json::as_str)?.to_ascii_lowercase();
    let kind = match object.get("@odata.type").and_then(Json::as_str)? {
        "#microsoft.graph.group" => "Group",
        "#microsoft.graph.user" => "User",
        "#microsoft.graph.servicePrincipal" => "ServicePrincipal",
        // Devices and contacts hold no roles.
        _ => return None,
    };
    Some((id, Entry { kind: Some(kind.to_owned()), name: name(object), members: Members::Unknown }))
}

fn name(object: &Json) -> Option<String> {
    object.get("displayName").and_then(Json::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
}

/// Why the directory did not tell, in a line.
fn reason(error: &ArmError) -> String {
    match error.service() {
        Some(refusal) => {
            let sentence = refusal.message.trim_end_matches('.');
            format!("the directory answered \"{sentence} ({})\"", refusal.code)
        }
        None => error.to_string().lines().next().unwrap_or_default().to_owned(),
    }
}
