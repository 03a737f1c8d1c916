//! Microsoft Graph, as far as role assignments lead to it: groups with those in them, users, and who an object id is. It
//! stands at `/graph/v1.0/…` and wants tokens of its own; the cloud's metadata says so.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::{Azure, Reply};
use crate::simulator::body;
use crate::simulator::directory::object_of;
use crate::simulator::faults::Effect;
use crate::simulator::request::Request;
use crate::simulator::service::guid;
use crate::simulator::target::{Key, same};
use crate::simulator::tokens::claims;
use crate::simulator::world::{Change, Known, Resource, World};

const GROUPS: &str = "Microsoft.Graph/groups";
const USERS: &str = "Microsoft.Graph/users";
/// Whom tokens for Graph are for, in the public cloud: its address, or its application.
const AUDIENCES: [&str; 2] = ["https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"];
/// How far a question moves the virtual clock.
const QUESTION: Duration = Duration::from_millis(20);
/// The most ids that one question may be about.
const IDS: usize = 1_000;

/// The path of a request within Graph; `None` for a request for something else.
pub(super) fn of_graph(request: &Request) -> Option<String> {
    let path = request.path.trim_matches('/').to_ascii_lowercase();
    path.strip_prefix("graph/v1.0/").map(str::to_owned)
}

/// The groups that somebody is in, also by other groups.
pub(super) fn groups_of(world: &World, principal: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![principal.to_ascii_lowercase()];
    while let Some(member) = open.pop() {
        let holding = world.all_of_kind(GROUPS).filter(|group| members(group).any(|id| id == member));
        for group in holding.map(object_id) {
            if found.insert(group.to_owned()) {
                open.push(group.to_owned());
            }
        }
    }
    found
}

/// What role assignments call somebody whom the directory has: `Group`, `User`.
pub(super) fn principal_type(world: &World, id: &str) -> Option<&'static str> {
    let has = |set: &str| world.get(&key(set, id)).is_some();
    if has("groups") { Some("Group") } else { has("users").then_some("User") }
}

impl Azure {
    /// Answers a request to Graph.
    pub(super) fn answer_graph(&mut self, request: &Request, path: &str) -> Reply {
        self.pass(QUESTION);
        self.see(request);
        let segments: Vec<&str> = path.split('/').collect();
        let kind = format!("Microsoft.Graph/{}", segments.first().copied().unwrap_or_default());
        let effects = self.strike(&request.method, &kind, &request.path);
        if effects.contains(&Effect::Cut) {
            return Reply::Cut;
        }
        let refusal = effects.iter().find_map(Effect::refusal);
        let result = match refusal {
            Some((refusal, _)) => Err(refusal),
            None => self.admit_to_graph(request).and_then(|()| self.ask_graph(request, &segments)),
        };
        let answer = result.unwrap_or_else(|refusal| self.refused(&refusal));
        // A world that cannot be written is told of by the next answer of ARM.
        let _ = self.keep();
        Reply::Answer(answer)
    }

    /// A token must be for Graph. Identities have no rights there unless an administrator gives them some, and here
    /// there is none.
    fn admit_to_graph(&self, request: &Request) -> Result<(), Refusal> {
        let invalid = |message| Refusal::new(401, "InvalidAuthenticationToken", message);
        let token = request.token.as_deref().ok_or_else(|| invalid("Access token is empty."))?;
        let claims = claims(token).unwrap_or_default();
        let is_graph = |audience: &str| {
            let audience = audience.trim_end_matches('/');
            AUDIENCES.contains(&audience) || audience == format!("{}/graph", request.origin())
        };
        if body::text(&claims, "/aud").is_some_and(|audience| !is_graph(audience)) {
            return Err(invalid("Access token validation failure. Invalid audience."));
        }
        if matches!(self.world().principal(&self.caller), Known::Principal(_)) {
            let message = "Insufficient privileges to complete the operation.";
            return Err(Refusal::new(403, "Authorization_RequestDenied", message));
        }
        Ok(())
    }

    fn ask_graph(&mut self, request: &Request, segments: &[&str]) -> Result<Answer, Refusal> {
        match (request.method.as_str(), segments) {
            ("GET", ["groups"]) => self.filtered(request, self.all_in_directory(GROUPS)),
            ("GET", ["users"]) => self.filtered(request, self.all_in_directory(USERS)),
            ("GET", ["serviceprincipals"]) => self.filtered(request, self.service_principals(request)),
            ("POST", ["groups"]) => self.add_to_directory(request, "groups"),
            ("POST", ["users"]) => self.add_to_directory(request, "users"),
            ("GET", ["groups" | "users" | "serviceprincipals" | "directoryobjects", id]) => {
                let object = self.directory_object(id).ok_or_else(|| missing(id))?;
                Ok(Answer::json(200, selected(request, object)))
            }
            ("GET", [one]) if one.starts_with("serviceprincipals(appid='") => {
                let client = one.split('\'').nth(1).unwrap_or_default();
                let object = self.application(client).ok_or_else(|| missing(client))?;
                Ok(Answer::json(200, selected(request, object)))
            }
            ("DELETE", [set @ ("groups" | "users"), id]) => {
                self.world.get(&key(set, id)).ok_or_else(|| missing(id))?;
                self.world.make(Change::Remove(key(set, id)));
                Ok(Answer::empty(204))
            }
            ("GET", ["groups", id, "members"]) => {
                let ids: Vec<String> = members(self.group(id)?).collect();
                Ok(self.graph_page(request, self.directory_objects(&ids)))
            }
            ("GET", ["groups", id, "transitivemembers"]) => {
                let ids = self.transitive_members(self.group(id)?);
                Ok(self.graph_page(request, self.directory_objects(&ids)))
            }
            ("POST", ["groups", id, "members", "$ref"]) => self.add_member(id, &request.body),
            ("DELETE", ["groups", id, "members", member, "$ref"]) => self.drop_member(id, member),
            ("POST", ["directoryobjects", "getbyids"]) => self.by_ids(request),
            ("POST", ["directoryobjects" | "users" | "serviceprincipals", id, "checkmembergroups"]) => {
                let asked = request.body.get("groupIds").and_then(Value::as_array).into_iter().flatten();
                let groups = groups_of(self.world(), id);
                let held = asked.filter(|id| id.as_str().is_some_and(|id| groups.contains(&id.to_ascii_lowercase())));
                Ok(Answer::json(200, json!({ "value": held.collect::<Vec<_>>() })))
            }
            _ => {
                let message = format!("Resource not found for the segment '{}'.", segments.join("/"));
                Err(Refusal::bad("BadRequest", message))
            }
        }
    }

    fn group(&self, id: &str) -> Result<&Resource, Refusal> {
        self.world().get(&key("groups", id)).ok_or_else(|| missing(id))
    }

    fn all_in_directory(&self, kind: &str) -> Vec<Value> {
        self.world().all_of_kind(kind).map(shown).collect()
    }

    /// A page of those of a list that `$filter` wants: one member equal to one text, as azuread asks.
    fn filtered(&self, request: &Request, mut all: Vec<Value>) -> Result<Answer, Refusal> {
        if let Some(filter) = request.parameter("$filter") {
            let (member, value) = wanted_of(&filter).ok_or_else(|| {
                Refusal::bad("Request_UnsupportedQuery", format!("The filter '{filter}' is not understood here."))
            })?;
            all.retain(|object| {
                let found = object.get(member).and_then(Value::as_str);
                found.is_some_and(|found| same(found, &value))
            });
        }
        Ok(self.graph_page(request, all))
    }

    /// What identities sign in as; and an application that is asked for by its client id, see [`Azure::application`].
    fn service_principals(&self, request: &Request) -> Vec<Value> {
        let ids: Vec<String> = self.world().all().flat_map(|owner| &owner.principals).map(|p| p.id.clone()).collect();
        let mut all = self.directory_objects(&ids);
        let asked = request.parameter("$filter");
        let asked = asked.as_deref().and_then(wanted_of).filter(|(member, _)| *member == "appId");
        let known =
            |client: &str| all.iter().any(|object| body::text(object, "/appId").is_some_and(|id| same(id, client)));
        if let Some((_, client)) = asked.filter(|(_, client)| !known(client)) {
            all.extend(self.application(&client));
        }
        all
    }

    /// Those of some ids that there are.
    fn directory_objects(&self, ids: &[String]) -> Vec<Value> {
        ids.iter().filter_map(|id| self.directory_object(id)).collect()
    }

    /// What an application signs in as, by its client id. Any GUID that is no identity's is an application's.
    fn application(&self, client: &str) -> Option<Value> {
        let is_guid = client.len() == 36 && client.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let mut identities = self.world().all().flat_map(|owner| &owner.principals);
        match identities.find(|principal| same(&principal.client, client)) {
            Some(principal) => self.directory_object(&principal.id),
            None => is_guid.then(|| {
                json!({
                    "@odata.type": "#microsoft.graph.servicePrincipal",
                    "id": object_of(client, self.seed()),
                    "appId": client,
                    "displayName": format!("Application {}", client.rsplit('-').next().unwrap_or_default()),
                    "servicePrincipalType": "Application",
                })
            }),
        }
    }

    /// Whoever has an object id: a group, a user, or what an identity or a cluster signs in as.
    fn directory_object(&self, id: &str) -> Option<Value> {
        let written = ["groups", "users"].iter().find_map(|set| self.world().get(&key(set, id)));
        if let Some(written) = written {
            return Some(shown(written));
        }
        if !matches!(self.world().principal(id), Known::Principal(_)) {
            return None;
        }
        self.world().all().find_map(|owner| {
            let principal = owner.principals.iter().find(|principal| same(&principal.id, id))?;
            Some(json!({
                "@odata.type": "#microsoft.graph.servicePrincipal",
                "id": principal.id,
                "appId": principal.client,
                "displayName": owner.id.rsplit('/').next(),
                "servicePrincipalType": "ManagedIdentity",
            }))
        })
    }

    /// Everybody in a group, each once, nearest first.
    fn transitive_members(&self, group: &Resource) -> Vec<String> {
        let mut found: Vec<String> = members(group).collect();
        let mut at = 0;
        while let Some(id) = found.get(at) {
            let further: Vec<String> = self.world().get(&key("groups", id)).into_iter().flat_map(members).collect();
            for id in further {
                if !found.contains(&id) {
                    found.push(id);
                }
            }
            at += 1;
        }
        found
    }

    /// Makes a group or a user. A GUID that is sent with it becomes its id, so that a stack can name it beforehand.
    fn add_to_directory(&mut self, request: &Request, set: &str) -> Result<Answer, Refusal> {
        let sent = &request.body;
        let Some(name) = body::text(sent, "/displayName").filter(|name| !name.is_empty()) else {
            let message = "A value is required for property 'displayName' of resource.";
            return Err(Refusal::bad("Request_BadRequest", message));
        };
        let chosen = body::text(sent, "/id").filter(|id| uuid::Uuid::try_parse(id).is_ok());
        let number = self.world().all_of_kind(&kind_of(set)).count();
        let id = chosen.map_or_else(|| guid(self.seed(), &format!("{set}|{name}|{number}")), str::to_ascii_lowercase);
        let bound = sent.get("members@odata.bind").and_then(Value::as_array).into_iter().flatten();
        let bound: Vec<&str> = bound.filter_map(Value::as_str).filter_map(last_segment).collect();
        if let Some(unknown) = bound.iter().find(|id| self.directory_object(id).is_none()) {
            return Err(missing(unknown));
        }
        let mut stored = json!({ "displayName": name, "members": bound });
        for member in ["description", "mailNickname", "userPrincipalName", "mail", "securityEnabled"] {
            if let Some(value) = sent.get(member) {
                body::set(&mut stored, &format!("/{member}"), value.clone());
            }
        }
        let resource = Resource::new(format!("/graph/{set}/{id}"), &kind_of(set), stored, self.now());
        let answer = shown(&resource);
        self.world.make(Change::Put(Box::new(resource)));
        Ok(Answer::json(201, answer))
    }

    fn add_member(&mut self, group: &str, sent: &Value) -> Result<Answer, Refusal> {
        let named = body::text(sent, "/@odata.id").and_then(last_segment).map(str::to_ascii_lowercase);
        let Some(member) = named else {
            return Err(Refusal::bad("Request_BadRequest", "Invalid URL in the property '@odata.id'."));
        };
        let mut all: Vec<String> = members(self.group(group)?).collect();
        self.directory_object(&member).ok_or_else(|| missing(&member))?;
        if all.contains(&member) {
            let message =
                "One or more added object references already exist for the following modified properties: 'members'.";
            return Err(Refusal::bad("Request_BadRequest", message));
        }
        all.push(member);
        self.set_members(group, &all)
    }

    fn drop_member(&mut self, group: &str, member: &str) -> Result<Answer, Refusal> {
        let mut all: Vec<String> = members(self.group(group)?).collect();
        let before = all.len();
        all.retain(|id| id != member);
        if all.len() == before {
            return Err(missing(member));
        }
        self.set_members(group, &all)
    }

    fn set_members(&mut self, group: &str, all: &[String]) -> Result<Answer, Refusal> {
        let mut changed = self.group(group)?.clone();
        body::set(&mut changed.body, "/members", json!(all));
        self.world.make(Change::Put(Box::new(changed)));
        Ok(Answer::empty(204))
    }

    /// `POST /directoryObjects/getByIds`: those of many ids that there are.
    fn by_ids(&self, request: &Request) -> Result<Answer, Refusal> {
        let listed = |name: &str| request.body.get(name).and_then(Value::as_array).into_iter().flatten();
        let ids: Vec<String> = listed("ids").filter_map(Value::as_str).map(str::to_ascii_lowercase).collect();
        if ids.is_empty() || ids.len() > IDS {
            let message = format!("The 'ids' collection must hold between 1 and {IDS} ids.");
            return Err(Refusal::bad("Request_BadRequest", message));
        }
        let types: Vec<&str> = listed("types").filter_map(Value::as_str).collect();
        let is_wanted = |object: &Value| {
            let kind = body::text(object, "/@odata.type").unwrap_or_default().trim_start_matches("#microsoft.graph.");
            types.is_empty() || types.iter().any(|wanted| same(wanted, kind) || same(wanted, "directoryObject"))
        };
        let found: Vec<Value> = self.directory_objects(&ids).into_iter().filter(is_wanted).collect();
        Ok(self.graph_page(request, found))
    }

    /// A page of a list as Graph writes it.
    fn graph_page(&self, request: &Request, all: Vec<Value>) -> Answer {
        let mut answer = self.page(request, all, |object| selected(request, object));
        let members = answer.body.as_mut().and_then(Value::as_object_mut);
        if let Some(members) = members
            && let Some(next) = members.remove("nextLink")
        {
            members.insert("@odata.nextLink".to_owned(), next);
        }
        answer
    }
}

fn key(set: &str, id: &str) -> Key {
    Key::of(&format!("/graph/{set}/{id}"))
}

fn kind_of(set: &str) -> String {
    format!("Microsoft.Graph/{set}")
}

fn object_id(resource: &Resource) -> &str {
    resource.id.rsplit('/').next().unwrap_or_default()
}

/// The ids of those in a group, in lower case.
fn members(group: &Resource) -> impl Iterator<Item = String> {
    let listed = group.body.get("members").and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_ascii_lowercase)
}

fn last_segment(url: &str) -> Option<&str> {
    url.trim_end_matches('/').rsplit('/').next().filter(|id| uuid::Uuid::try_parse(id).is_ok())
}

/// A group or a user as Graph shows it.
fn shown(resource: &Resource) -> Value {
    let kind = if same(&resource.kind, GROUPS) { "#microsoft.graph.group" } else { "#microsoft.graph.user" };
    let mut object = resource.body.clone();
    for member in ["/members", "/name", "/type"] {
        body::unset(&mut object, member);
    }
    body::set(&mut object, "/id", Value::from(object_id(resource)));
    body::set(&mut object, "/@odata.type", Value::from(kind));
    object
}

/// Of an object what `$select` asks for; its type and its id are told in any case.
fn selected(request: &Request, object: Value) -> Value {
    let Some(wanted) = request.parameter("$select") else { return object };
    let is_wanted =
        |name: &str| name == "@odata.type" || name == "id" || wanted.split(',').any(|wanted| same(wanted.trim(), name));
    match object {
        Value::Object(members) => members.into_iter().filter(|(name, _)| is_wanted(name)).collect(),
        other => other,
    }
}

/// `member eq 'text'`
fn wanted_of(filter: &str) -> Option<(&str, String)> {
    let (member, value) = filter.split_once(" eq ")?;
    let text = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    Some((member.trim(), text.replace("''", "'")))
}

fn missing(id: &str) -> Refusal {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    Refusal::new(404, "Request_ResourceNotFound", message)
}
