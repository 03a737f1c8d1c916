//! The front of ARM: who asks, whether they may, what goes wrong on purpose, which verb it is, what is told in headers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

use crate::azure::arm::VIRTUAL_TIME;
use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body;
use crate::simulator::clock::{Moment, Timer};
use crate::simulator::faults::{Effect, Faults, answer_seed, recase};
use crate::simulator::operations::POLL;
use crate::simulator::record::Record;
use crate::simulator::request::Request;
use crate::simulator::service::{Scene, guid, service_of};
use crate::simulator::services::{event, names, policies, subscriptions as opened};
use crate::simulator::target::{Key, Place, Target, action_of, same, subscription_of};
use crate::simulator::throttle::{Call, Throttle};
use crate::simulator::world::{Change, Resource, World};
use crate::simulator::{Error, Options, directory, rights, subscriptions, tokens};

/// How many writes are remembered.
const WRITES: usize = 1000;

/// How far an ordinary request moves the virtual clock.
const REQUEST: Duration = Duration::from_millis(20);

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Reply {
    /// It is answered.
    Answer(Answer),
    /// The connection breaks.
    Cut,
    /// It is to be asked again once other faults are set.
    Hold,
    /// The answer is to be given once other faults are set.
    Later(Answer),
}

/// The simulated Azure.
#[derive(Debug)]
pub(super) struct Azure {
    pub(super) world: World,
    pub(super) timer: Timer,
    pub(super) faults: Faults,
    record: Option<Record>,
    throttle: Throttle,
    seed: u64,
    /// Requests answered, by method and kind.
    counts: BTreeMap<(String, String), u64>,
    /// The last writes: `{"method", "path", "body", "status"}`.
    writes: VecDeque<Value>,
    /// All requests so far.
    answers: u64,
    /// Requests that are held at present.
    pub(super) held: usize,
    /// The object id of who is asking.
    pub(super) caller: String,
    /// The application of who is asking, when its token named it.
    client: Option<String>,
}

impl Azure {
    /// Opens the world that the options name.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let (record, world, at) = match &options.world {
            Some(path) => {
                let (record, world, at) = Record::open(path)?;
                (Some(record), world, at)
            }
            None => (None, World::default(), 0),
        };
        Ok(Self {
            world,
            timer: Timer::resume(options.clock, at),
            faults: options.faults.clone(),
            record,
            throttle: Throttle::default(),
            seed: options.seed,
            counts: BTreeMap::new(),
            writes: VecDeque::new(),
            answers: 0,
            held: 0,
            caller: String::new(),
            client: None,
        })
    }

    /// Everything that exists.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The present.
    pub fn now(&self) -> Moment {
        self.timer.now()
    }

    /// What ids follow from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What goes wrong.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
    }

    /// Moves the clock on.
    pub fn advance(&mut self, span: Duration) {
        self.timer.advance(span);
        self.settle();
        // Should the file fail here, the next answer says so.
        let _ = self.keep();
    }

    /// Time passes by a request, and what is due comes to its end.
    pub(super) fn pass(&mut self, span: Duration) {
        self.answers += 1;
        self.timer.wait(span);
        self.settle();
    }

    /// Counts a request of a kind, and tells what is to go wrong with it.
    pub(super) fn strike(&mut self, method: &str, kind: &str, path: &str) -> Vec<Effect> {
        *self.counts.entry((method.to_owned(), kind.to_owned())).or_default() += 1;
        self.faults.strike(method, kind, path, answer_seed(self.seed, self.answers))
    }

    /// Changes a resource without asking its service; the body as it then is, if there is one.
    pub fn edit(&mut self, id: &str, patch: &Value) -> Option<Value> {
        let edited = self.merge(&Key::of(id), patch);
        // As above.
        let _ = self.keep();
        edited
    }

    /// Notes in the activity log who changed a resource.
    pub fn note_author(&mut self, id: &str, by: &Value) {
        let event = event(self.scene(), id, by);
        self.world.make(Change::Put(Box::new(event)));
        // As above.
        let _ = self.keep();
    }

    /// How many requests there were: `{"value": [{"method", "kind", "count"}], "total": n}`.
    pub fn counts(&self) -> Value {
        let rows =
            self.counts.iter().map(|((method, kind), count)| json!({"method": method, "kind": kind, "count": count}));
        json!({"value": rows.collect::<Vec<_>>(), "total": self.counts.values().sum::<u64>()})
    }

    /// The last writes, the oldest first: what was sent, and what it was answered with.
    pub fn writes(&self) -> Value {
        json!({ "value": self.writes })
    }

    /// Counts from zero again, and forgets what was written.
    pub fn forget_counts(&mut self) {
        self.counts.clear();
        self.writes.clear();
    }

    fn note_write(&mut self, request: &Request, status: u16) {
        if matches!(request.method.as_str(), "GET" | "HEAD") {
            return;
        }
        let mut write = json!({ "method": request.method, "path": request.path, "status": status });
        if !request.body.is_null() {
            body::set(&mut write, "/body", request.body.clone());
        }
        self.writes.push_back(write);
        while self.writes.len() > WRITES {
            self.writes.pop_front();
        }
    }

    /// What services look at.
    pub fn scene(&self) -> Scene<'_> {
        Scene { world: &self.world, now: self.timer.now(), seed: self.seed, faults: &self.faults, caller: &self.caller }
    }

    /// Answers a request to ARM. `overlap` is what it is told if another write is under way that it may not overlap.
    pub fn answer(&mut self, request: &Request, overlap: Option<Refusal>) -> Reply {
        self.pass(REQUEST);
        self.see(request);
        let target = Target::parse(&request.path);
        let kind = known_spelling(target.as_ref().map_or("unknown", Target::kind));
        let effects = self.strike(&request.method, &kind, &request.path);
        if effects.contains(&Effect::Cut) {
            return Reply::Cut;
        }
        if effects.contains(&Effect::Hold) {
            return Reply::Hold;
        }
        let result = self.admit(request, target.as_ref(), &effects, overlap).and_then(|()| match target {
            Some(target) => self.perform(request, target, &effects),
            None => Err(Refusal::new(404, "InvalidResourceType", format!("There is no route '{}'.", request.path))),
        });
        let mut answer = result.unwrap_or_else(|refusal| self.refused(&refusal));
        self.note_write(request, answer.status);
        if let Err(error) = self.keep() {
            let message = format!("The simulator's world file cannot be written: {error}.");
            return Reply::Answer(Answer::from(&Refusal::new(500, "InternalServerError", message)));
        }
        if effects.contains(&Effect::DropAnswer) {
            return Reply::Cut;
        }
        self.finish(request, &kind, &effects, &mut answer);
        if effects.contains(&Effect::HoldAnswer) { Reply::Later(answer) } else { Reply::Answer(answer) }
    }

    /// What is checked before the resource providers hear of a request.
    fn admit(
        &mut self,
        request: &Request,
        target: Option<&Target>,
        effects: &[Effect],
        overlap: Option<Refusal>,
    ) -> Result<(), Refusal> {
        if request.token.is_none() {
            let message = "Authentication failed. The 'Authorization' header is missing.";
            return Err(Refusal::new(401, "AuthenticationFailed", message));
        }
        if let Some((refusal, _)) = effects.iter().find_map(Effect::refusal) {
            return Err(refusal);
        }
        self.throttle(request, target)?;
        check_version(request, target)?;
        self.check_registered(request, target)?;
        if let (Some(Target::Resource(place)), false) = (target, matches!(request.method.as_str(), "GET" | "HEAD")) {
            opened::check_enabled(self.scene(), place.subscription())?;
        }
        if let Some(target) = target {
            rights::check(self.scene(), self.asking(), request, target)?;
        }
        overlap.map_or(Ok(()), Err)
    }

    /// What is written must be of a provider that the subscription is registered with.
    fn check_registered(&self, request: &Request, target: Option<&Target>) -> Result<(), Refusal> {
        let (Some(Target::Resource(place)), false) = (target, request.method == "GET") else { return Ok(()) };
        let namespace = place.kind.split('/').next().unwrap_or_default();
        if !self.faults.unregistered.iter().any(|other| same(other, namespace)) {
            return Ok(());
        }
        let message = format!(
            "The subscription is not registered to use namespace '{namespace}'. See \
             https://aka.ms/rps-not-found for how to register subscriptions."
        );
        Err(Refusal::new(409, "MissingSubscriptionRegistration", message))
    }

    /// Notes who asks.
    pub(super) fn see(&mut self, request: &Request) {
        let claims = request.token.as_deref().and_then(tokens::claims);
        let text = |name: &str| claims.as_ref()?.get(name)?.as_str().map(str::to_owned);
        self.client = text("oid").map(|object| text("appid").unwrap_or(object));
        self.caller = text("oid").unwrap_or_else(|| directory::object_of("", self.seed));
    }

    /// Who asks.
    pub(super) fn asking(&self) -> rights::Caller<'_> {
        let client = self.client.as_deref();
        rights::Caller { object: &self.caller, client: client.unwrap_or_default(), is_named: client.is_some() }
    }

    /// Draws on Azure's limits. On the virtual clock a client is taken to have kept to them by waiting, unless
    /// throttling is asked for.
    fn throttle(&mut self, request: &Request, target: Option<&Target>) -> Result<(), Refusal> {
        let call = call(request, target);
        if let Err(wait) = self.throttle.draw(call, self.timer.now()) {
            if self.timer.is_virtual() && !self.faults.throttling {
                self.timer.advance(wait);
                self.settle();
                return self.throttle.draw(call, self.timer.now()).or(Ok(()));
            }
            let message = "Number of requests exceeded the limit. Please try again after the given time.";
            return Err(Refusal::new(429, "TooManyRequests", message).telling(wait));
        }
        Ok(())
    }

    fn perform(&mut self, request: &Request, target: Target, effects: &[Effect]) -> Result<Answer, Refusal> {
        match (request.method.as_str(), target) {
            ("GET", Target::Operation(id, is_result)) => self.poll(&id, is_result, effects),
            ("GET" | "HEAD", Target::Resource(place)) => self.read(&place, request.method == "HEAD"),
            ("PUT", Target::Resource(place)) => self.put(request, &place, effects, false),
            ("PATCH", Target::Resource(place)) => self.put(request, &place, effects, true),
            ("DELETE", Target::Resource(place)) => self.delete(request, &place, effects),
            ("POST", Target::Providers(scope, Some(namespace))) => {
                Ok(Answer::json(200, subscriptions::provider(&scope, &namespace, &self.faults.unregistered)))
            }
            ("POST", Target::Collection { .. } | Target::Resource(_)) => self.act(request),
            ("GET", target) => self.list(request, &target),
            (method, _) => {
                let message = format!("The requested resource does not support http method '{method}'.");
                Err(Refusal::new(405, "MethodNotAllowed", message))
            }
        }
    }

    fn read(&mut self, place: &Place, only_whether: bool) -> Result<Answer, Refusal> {
        let key = place.key();
        if self.world.get(&key).is_some_and(|resource| self.world.at_work(resource).is_some()) {
            // Whoever reads a resource that is being worked on is waiting for it.
            self.timer.wait(POLL);
            self.settle();
        }
        if only_whether {
            let status = if self.world.get(&key).is_some() { 204 } else { 404 };
            return Ok(Answer::empty(status));
        }
        let service = service_of(&place.kind);
        if let Some(resource) = self.world.get(&key) {
            return Ok(Answer::json(200, service.show(self.scene(), resource)));
        }
        if let Some(body) = service.built_in(self.scene(), place) {
            return Ok(Answer::json(200, body));
        }
        self.check_surroundings(place)?;
        Err(service.missing(place))
    }

    /// A POST on a resource, or on a provider in a location.
    fn act(&mut self, request: &Request) -> Result<Answer, Refusal> {
        let absent = || Refusal::new(404, "InvalidResourceType", format!("There is no action '{}'.", request.path));
        if let Some((scope, namespace, word)) = registration(&request.path) {
            self.faults.unregistered.retain(|other| !same(other, namespace));
            if word == "unregister" {
                self.faults.unregistered.push(namespace.to_owned());
            }
            return Ok(Answer::json(200, subscriptions::provider(scope, namespace, &self.faults.unregistered)));
        }
        if let Some(Target::Collection { parent, kind }) = Target::parse(&request.path) {
            if let Some(answer) = names::answer(self.scene(), &kind, &request.body) {
                return Ok(Answer::json(200, answer));
            }
            if same(&kind, policies::QUESTION) {
                return Ok(Answer::json(200, policies::answer(self.scene(), &parent, &request.body)));
            }
            if let Some(acted) = opened::act(self.scene(), &parent, &kind, &request.body) {
                let (answer, changes) = acted?;
                for change in changes {
                    self.world.make(change);
                }
                return Ok(answer);
            }
        }
        let (place, action) = action_of(&request.path).ok_or_else(absent)?;
        let service = service_of(&place.kind);
        let Some(resource) = self.world.get(&place.key()) else {
            self.check_surroundings(&place)?;
            return Err(service.missing(&place));
        };
        let (answer, changes) = service.act(self.scene(), resource, &action, &request.body)?;
        for change in changes {
            self.world.make(change);
        }
        Ok(answer)
    }

    /// Resource group and parent must be there, whatever is asked for beneath them.
    pub(super) fn check_surroundings(&self, place: &Place) -> Result<(), Refusal> {
        if let Some(group) = place.group()
            && self.world.get(&Key::of(group)).is_none()
        {
            let message = format!("Resource group '{}' could not be found.", place.group_name());
            return Err(Refusal::new(404, "ResourceGroupNotFound", message));
        }
        let parent = Key::of(&place.parent);
        let is_resource = parent.as_str().contains("/providers/") && !parent.as_str().contains("/locations/");
        let is_tenants = parent.as_str().starts_with("/providers/");
        if !is_resource || is_tenants || self.world.get(&parent).is_some() {
            return Ok(());
        }
        let Some(Target::Resource(above)) = Target::parse(&place.parent) else { return Ok(()) };
        let inner = ["Microsoft.KeyVault/vaults/secrets", "Microsoft.ContainerService/managedClusters/namespaces"];
        let is_inner = inner.iter().any(|kind| same(&above.kind, kind));
        if is_inner && self.world.get(&Key::of(&above.parent)).is_some() {
            // What a vault or a cluster holds is not ARM's; it takes any name beneath them.
            return Ok(());
        }
        if !place.is_child {
            return Err(service_of(&above.kind).missing(&above));
        }
        let message = format!(
            "Failed to perform '{}' on resource(s) of type '{}', because the parent resource '{}' could not be found.",
            "write", place.kind, place.parent
        );
        Err(Refusal::new(404, "ParentResourceNotFound", message))
    }

    /// Writes down what has changed.
    pub(super) fn keep(&mut self) -> std::io::Result<()> {
        let changes = self.world.take_changes();
        match &mut self.record {
            Some(record) if !changes.is_empty() => record.append(self.timer.now(), changes),
            _ => Ok(()),
        }
    }

    pub(super) fn refused(&mut self, refusal: &Refusal) -> Answer {
        let answer = Answer::from(refusal);
        let Some(wait) = refusal.wait else { return answer };
        let told = self.timer.retry_after(wait);
        self.timer.wait(wait);
        if refusal.tell_wait { answer.with("retry-after", told.to_string()) } else { answer }
    }

    /// What is done to every answer: faults in the body, headers.
    fn finish(&mut self, request: &Request, kind: &str, effects: &[Effect], answer: &mut Answer) {
        let ok = answer.status < 300;
        if let Some(body) = answer.body.as_mut().filter(|_| ok) {
            for effect in effects {
                effect.alter(body);
            }
            if self.faults.casing {
                recase(body, answer_seed(self.seed, self.answers));
            }
        }
        if let Some(seconds) = effects.iter().filter_map(Effect::refusal).find_map(|(_, seconds)| seconds) {
            answer.headers.push(("retry-after", seconds.to_string()));
        }
        let id = guid(self.seed, &format!("request|{}", self.answers));
        answer.headers.push(("x-ms-request-id", id.clone()));
        answer.headers.push(("x-ms-correlation-request-id", id.clone()));
        answer.headers.push(("x-ms-routing-request-id", format!("SIMULATOR:{}:{id}", self.answers)));
        if let Some(client) = request.client_request_id.clone().filter(|_| request.echo_client_request_id) {
            answer.headers.push(("x-ms-client-request-id", client));
        }
        if self.timer.is_virtual() {
            answer.headers.push((VIRTUAL_TIME, self.timer.now().to_string()));
        }
        let call = Call { method: &request.method, kind, lists: false, subscription: subscription_of(&request.path) };
        answer.headers.push(self.throttle.remaining(call, self.timer.now()));
    }

    /// Puts a resource as it is now.
    pub(super) fn store(&mut self, resource: Resource) {
        self.world.make(Change::Put(Box::new(resource)));
    }
}

/// Azure's spelling of a kind, where it is known: requests are counted by it.
fn known_spelling(kind: &str) -> String {
    let known = service_of(kind).kind();
    if known.is_empty() { kind.to_owned() } else { known.to_owned() }
}

fn call<'a>(request: &'a Request, target: Option<&'a Target>) -> Call<'a> {
    let lists = matches!(target, Some(Target::Collection { .. } | Target::Contents(_)));
    let kind = target.map_or("", Target::kind);
    Call { method: &request.method, kind, lists, subscription: subscription_of(&request.path) }
}

/// Splits `/subscriptions/{s}/providers/{namespace}/register`.
fn registration(path: &str) -> Option<(&str, &str, &str)> {
    let (rest, word) = path.trim_end_matches('/').rsplit_once('/')?;
    let (rest, namespace) = rest.rsplit_once('/')?;
    let (scope, providers) = rest.rsplit_once('/')?;
    let word = ["register", "unregister"].into_iter().find(|known| same(known, word))?;
    same(providers, "providers").then_some((scope, namespace, word))
}

/// An API version must be given, be one by its looks, and not be retired.
fn check_version(request: &Request, target: Option<&Target>) -> Result<(), Refusal> {
    let Some(version) = request.parameter("api-version").filter(|version| !version.is_empty()) else {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(Refusal::bad("MissingApiVersionParameter", message));
    };
    let (date, suffix) = version.split_at_checked(10).unwrap_or((&version, ""));
    let is_date = date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if !is_date
        || !matches!(suffix.to_ascii_lowercase().as_str(), "" | "-preview" | "-beta" | "-alpha" | "-privatepreview")
    {
        return Err(Refusal::bad("InvalidApiVersionParameter", format!("The api-version '{version}' is invalid.")));
    }
    let kind = target.map_or("", Target::kind);
    if service_of(kind).refuses_version(&version) {
        let (namespace, rest) = kind.split_once('/').unwrap_or((kind, ""));
        let message = format!(
            "No registered resource provider found for API version '{version}' for type '{rest}' of '{namespace}'. \
             The supported api-versions are '2024-09-01, 2025-05-01, 2025-10-01'."
        );
        return Err(Refusal::bad("NoRegisteredProviderFound", message));
    }
    Ok(())
}
