//! The front of a cluster's API: what goes wrong on purpose, who asks, whether they may, which verb it is.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::answer::Answer;
use crate::simulator::arm::Azure;
use crate::simulator::body::text;
use crate::simulator::faults::Effect;
use crate::simulator::kubernetes::authenticate;
use crate::simulator::kubernetes::authorise::{self, Attempt};
use crate::simulator::kubernetes::call::{Asked, Call};
use crate::simulator::kubernetes::catalog::{self, Kind};
use crate::simulator::kubernetes::certificates::Account;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::{ObjectChange, Spot, Store};
use crate::simulator::kubernetes::watch::Watch;
use crate::simulator::kubernetes::{bootstrap, discovery, object, openapi, reviews};
use crate::simulator::service::guid;
use crate::simulator::target::Key;
use crate::simulator::world::{Change, Resource};

/// How far a request moves the virtual clock.
const REQUEST: Duration = Duration::from_millis(20);

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Given {
    Answer(Answer),
    /// A word, not JSON.
    Word(&'static str),
    /// Events, for as long as the client listens.
    Watch(Box<Watch>),
    /// The connection breaks.
    Cut,
    /// It is to be asked again once other faults are set.
    Hold,
    /// An answer that waits until other faults are set.
    Later(Answer),
}

/// A cluster while it answers a request.
pub(super) struct Api<'a> {
    pub azure: &'a mut Azure,
    pub cluster: Resource,
    pub key: Key,
    pub call: &'a Call,
    /// What the client is to be warned of.
    pub warnings: Vec<String>,
}

/// Answers a request to a cluster.
pub(super) fn answer(azure: &mut Azure, key: &Key, call: &Call) -> Given {
    azure.pass(REQUEST);
    let Some(cluster) = azure.world().get(key).cloned() else { return Given::Cut };
    let asked = Asked::parse(&call.path);
    let counted = asked.as_ref().map_or("api", |asked| asked.plural.as_str());
    let effects = azure.strike(&call.method, &format!("Kubernetes/{counted}"), &call.path);
    if effects.contains(&Effect::Cut) {
        return Given::Cut;
    }
    if effects.contains(&Effect::Hold) {
        return Given::Hold;
    }
    bootstrap::ensure(azure, &cluster);
    let given = match effects.iter().find_map(Effect::refusal) {
        Some((refusal, _)) => Err(Failure::of_status(refusal.status, refusal.message)),
        None => perform(azure, cluster, call, asked),
    };
    let given = given.unwrap_or_else(|failure| Given::Answer(Answer::from(&failure)));
    if azure.keep().is_err() {
        let failure = Failure::new(500, "InternalError", "the simulator's world file cannot be written");
        return Given::Answer(Answer::from(&failure));
    }
    match given {
        _ if effects.contains(&Effect::DropAnswer) => Given::Cut,
        Given::Answer(answer) if effects.contains(&Effect::HoldAnswer) => Given::Later(answer),
        given => given,
    }
}

/// Does a request as the administrator of a cluster: `{"cluster", "method", "path", "type", "body"}`, for whoever has no
/// TLS at hand.
pub(in crate::simulator) fn as_operator(azure: &mut Azure, asked: &Value) -> Answer {
    let word = |name: &str| text(asked, &format!("/{name}")).unwrap_or_default();
    let (path, query) = word("path").split_once('?').unwrap_or((word("path"), ""));
    let call = Call {
        method: word("method").to_owned(),
        path: path.to_owned(),
        query: Call::parameters(query),
        content_type: text(asked, "/type").unwrap_or("application/json").to_owned(),
        agent: "operator".to_owned(),
        account: Some(Account::Admin),
        body: asked.get("body").map(|body| body.to_string().into_bytes()).unwrap_or_default(),
        ..Call::default()
    };
    match answer(azure, &Key::of(word("cluster")), &call) {
        Given::Answer(answer) | Given::Later(answer) => answer,
        Given::Word(word) => Answer::json(200, Value::from(word)),
        Given::Watch(_) | Given::Cut | Given::Hold => {
            Answer::from(&Failure::bad("there is no such cluster, or this can only be asked of its API server"))
        }
    }
}

fn perform(azure: &mut Azure, cluster: Resource, call: &Call, asked: Option<Asked>) -> Result<Given, Failure> {
    let user = authenticate::user(azure, &cluster, call)?;
    let store = azure.world().objects(&cluster.key());
    if matches!(call.path.trim_matches('/'), "healthz" | "livez" | "readyz") {
        return Ok(Given::Word("ok"));
    }
    let told = discovery::answer(store, &cluster, call).or_else(|| openapi::answer(store, call));
    if let Some(answer) = told.or_else(|| reviews::answer(azure, &cluster, &user, call)) {
        return answer.map(Given::Answer);
    }
    let asked = asked.ok_or_else(Failure::no_such_resource)?;
    let kind = catalog::find(store, &asked).ok_or_else(Failure::no_such_resource)?;
    if !asked.subresource.is_empty() && !kind.subresources.iter().any(|known| *known == asked.subresource) {
        return Err(Failure::no_such_resource());
    }
    let verb = verb(call, &asked)?;
    let namespace = if kind.is("", "namespaces") { asked.name.as_str() } else { asked.namespace.as_str() };
    let attempt = Attempt {
        verb,
        group: &asked.group,
        plural: &asked.plural,
        subresource: &asked.subresource,
        namespace,
        name: &asked.name,
    };
    authorise::check(azure, &cluster, &user, &kind, attempt)?;
    let key = cluster.key();
    let mut api = Api { azure, cluster, key, call, warnings: Vec::new() };
    if verb == "watch" {
        return api.watch(&kind, &asked).map(|watch| Given::Watch(Box::new(watch)));
    }
    let answer = match (asked.subresource.as_str(), verb) {
        ("token", _) => api.request_token(&asked),
        ("scale", _) => api.scale(&kind, &asked),
        (_, "get") => api.read(&kind, &asked),
        (_, "list") => api.list(&kind, &asked),
        (_, "create") => api.create(&kind, &asked),
        (_, "update") => api.update(&kind, &asked),
        (_, "patch") => api.patch(&kind, &asked),
        (_, "delete") => api.delete(&kind, &asked),
        _ => api.delete_all(&kind, &asked),
    }?;
    if api.warnings.is_empty() {
        return Ok(Given::Answer(answer));
    }
    let told = api.warnings.iter().map(|word| format!("299 - \"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")));
    Ok(Given::Answer(answer.with("warning", told.collect::<Vec<_>>().join(", "))))
}

/// What a request does, in the words of roles.
fn verb(call: &Call, asked: &Asked) -> Result<&'static str, Failure> {
    let is_one = !asked.name.is_empty();
    match call.method.as_str() {
        "GET" if call.is_set("watch") => Ok("watch"),
        "GET" if is_one => Ok("get"),
        "GET" => Ok("list"),
        "POST" if !is_one || !asked.subresource.is_empty() => Ok("create"),
        "PUT" if is_one => Ok("update"),
        "PATCH" if is_one => Ok("patch"),
        "DELETE" if is_one => Ok("delete"),
        "DELETE" if asked.plural != "namespaces" => Ok("deletecollection"),
        _ => Err(Failure::not_allowed()),
    }
}

impl Api<'_> {
    /// The objects of the cluster.
    pub fn store(&self) -> &Store {
        self.azure.world().objects(&self.key)
    }

    /// An object, or that it is not found.
    pub fn find(&self, kind: &Kind, spot: &Spot) -> Result<Value, Failure> {
        let found = self.store().get(spot).ok_or_else(|| Failure::not_found(kind.subject(&spot.name)))?;
        Ok(kind.shown((**found).clone()))
    }

    /// The present, as objects have it.
    pub fn time(&self) -> String {
        object::time(self.azure.now())
    }
}

/// Keeps an object as it is from now on, under the number of this change.
pub(super) fn keep(azure: &mut Azure, cluster: &Key, spot: Spot, mut object: Value) -> Value {
    let revision = azure.world().objects(cluster).revision() + 1;
    crate::simulator::body::set(&mut object, "/metadata/resourceVersion", Value::from(revision.to_string()));
    let change = ObjectChange { cluster: cluster.clone(), spot, revision, object: Some(object.clone()) };
    azure.world.make(Change::Object(Box::new(change)));
    object
}

/// Takes an object away.
pub(super) fn drop(azure: &mut Azure, cluster: &Key, spot: Spot) {
    let revision = azure.world().objects(cluster).revision() + 1;
    let change = ObjectChange { cluster: cluster.clone(), spot, revision, object: None };
    azure.world.make(Change::Object(Box::new(change)));
}

/// Gives a new object what only the server gives: a uid, and when it was made.
pub(super) fn born(azure: &Azure, cluster: &Key, object: &mut Value) {
    let world = azure.world();
    let number = world.objects(cluster).revision() + 1;
    let name = format!("{}|{}|object {number}", cluster.as_str(), world.burials(cluster));
    crate::simulator::body::set(object, "/metadata/uid", Value::from(guid(azure.seed(), &name)));
    crate::simulator::body::set(object, "/metadata/creationTimestamp", Value::from(object::time(azure.now())));
}

/// Makes an object that comes with another, unless one of its name is there.
pub(super) fn make(azure: &mut Azure, cluster: &Key, kind: &Kind, mut object: Value) {
    let namespace = text(&object, "/metadata/namespace").unwrap_or_default().to_owned();
    let spot = kind.spot(&namespace, object::name(&object));
    if azure.world().objects(cluster).get(&spot).is_some() {
        return;
    }
    crate::simulator::body::set(&mut object, "/apiVersion", Value::from(kind.api_version()));
    crate::simulator::body::set(&mut object, "/kind", Value::from(kind.kind.as_ref()));
    born(azure, cluster, &mut object);
    keep(azure, cluster, spot, object);
}
