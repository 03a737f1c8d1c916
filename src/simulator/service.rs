//! What a kind of resource does beyond being stored: checks, defaults, operations, actions.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::body;
use crate::simulator::clock::Moment;
use crate::simulator::faults::Faults;
use crate::simulator::operations::Style;
use crate::simulator::target::{Key, Place, same};
use crate::simulator::world::{Change, Principal, Resource, World};

/// The tenant that everything is in.
pub const TENANT: &str = "22222222-2222-4222-8222-222222222222";

/// What a service looks at: the world as it is, and the settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    /// Everything that exists.
    pub world: &'a World,
    /// The present.
    pub now: Moment,
    /// Deterministic ids follow from it.
    pub seed: u64,
    /// The settings among the faults.
    pub faults: &'a Faults,
    /// The caller's object id.
    pub caller: &'a str,
}

impl Scene<'_> {
    /// A UUID that is always the same for this thing, for as long as it lives.
    pub fn guid(&self, key: &Key, what: &str) -> String {
        guid(self.seed, &format!("{}|{}|{what}", key.as_str(), self.world.burials(key)))
    }

    /// A new principal, which the authorisation service will know after the replication delay.
    pub fn new_principal(&self, key: &Key, what: &str) -> Principal {
        Principal {
            id: self.guid(key, &format!("{what} principal")),
            client: self.guid(key, &format!("{what} client")),
            known_from: self.now.saturating_add(self.faults.replication_seconds.saturating_mul(1000)),
        }
    }
}

/// A UUID that follows from the seed and a name.
pub(super) fn guid(seed: u64, name: &str) -> String {
    let space = Uuid::from_u64_pair(0x0062_6f77_6c69_6e65, seed);
    Uuid::new_v5(&space, name.as_bytes()).to_string()
}

/// A write that is to be checked and completed.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// What there is.
    pub scene: Scene<'a>,
    /// Where it goes.
    pub place: &'a Place,
    /// What is there now.
    pub prior: Option<&'a Resource>,
    /// What was sent, without what only the service may say.
    pub body: Value,
}

impl Draft<'_> {
    /// The body of what is there now.
    pub fn prior_body(&self) -> Option<&Value> {
        self.prior.map(|prior| &prior.body)
    }

    /// Its location in the short form.
    pub fn location(&self) -> String {
        let location = body::text(&self.body, "/location").or_else(|| body::text(self.prior_body()?, "/location"));
        short_location(location.unwrap_or("westeurope"))
    }
}

/// `West Europe` as `westeurope`.
pub(super) fn short_location(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// What a service makes of a write.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The body to keep.
    pub body: Value,
    /// See [`Resource::principals`].
    pub principals: Vec<Principal>,
    /// See [`Resource::unique`].
    pub unique: Option<String>,
    /// See [`Resource::found_by`].
    pub found_by: Option<String>,
    /// See [`Resource::owns`].
    pub owns: Vec<String>,
    /// How long the operation takes; `None` when all is done at once.
    pub lasts: Option<Duration>,
    /// Other changes that come with it, made after the resource is there.
    pub also: Vec<Change>,
}

impl Outcome {
    /// A body and nothing else.
    pub fn of(body: Value) -> Self {
        Self { body, ..Self::default() }
    }

    /// It takes a while.
    pub fn lasting(mut self, seconds: u64) -> Self {
        self.lasts = Some(Duration::from_secs(seconds));
        self
    }
}

/// What a list holds: bodies as they are kept, or made for the list.
pub(super) type Listed<'a> = Result<Vec<Cow<'a, Value>>, Refusal>;

/// What an action answers, and what it changes.
pub(super) type Acted = (Answer, Vec<Change>);

/// What a kind of resource does. The defaults are those of a plain resource that is stored as sent.
pub(super) trait Service: Sync {
    /// The kind in Azure's spelling.
    fn kind(&self) -> &'static str;

    /// Whether it has a location and tags of its own.
    fn is_tracked(&self) -> bool {
        true
    }

    /// How it tells of operations.
    fn style(&self) -> Style {
        Style::AsyncOperation
    }

    /// Checks a write and completes it.
    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal>;

    /// Whether and how slowly it goes.
    fn removal(&self, _scene: Scene<'_>, _resource: &Resource) -> Result<Option<Duration>, Refusal> {
        Ok(None)
    }

    /// What stays behind when it is gone: a deleted vault.
    fn remains(&self, _scene: Scene<'_>, _resource: &Resource) -> Vec<Change> {
        Vec::new()
    }

    /// What reading it answers.
    fn show(&self, _scene: Scene<'_>, resource: &Resource) -> Value {
        resource.body.clone()
    }

    /// What is read at a place where nothing was written: built-in things.
    fn built_in(&self, _scene: Scene<'_>, _place: &Place) -> Option<Value> {
        None
    }

    /// What a list beneath `parent` holds, for kinds that are not listed by where they lie. `filter` is `$filter`.
    fn list<'a>(&self, _scene: Scene<'a>, _parent: &str, _filter: Option<&str>) -> Option<Listed<'a>> {
        None
    }

    /// An action on it.
    fn act(&self, _scene: Scene<'_>, _resource: &Resource, action: &str, _sent: &Value) -> Result<Acted, Refusal> {
        Err(Refusal::new(404, "InvalidResourceType", format!("The resource has no action '{action}'.")))
    }

    /// The id of what only one operation at a time may work on: the cluster of a node pool.
    fn occupies(&self, place: &Place) -> String {
        place.id.clone()
    }

    /// What is said while another operation is at work.
    fn busy(&self, place: &Place) -> Refusal {
        let message = format!("Another operation on this or a dependent resource is in progress ({}).", place.id);
        Refusal::new(409, "AnotherOperationInProgress", message).again_after(Duration::from_secs(15))
    }

    /// Whether only one request at a time may write beneath a parent, and what the other is told.
    fn overlap(&self, _place: &Place) -> Option<Refusal> {
        None
    }

    /// What reading a missing one says.
    fn missing(&self, place: &Place) -> Refusal {
        let message = format!(
            "The Resource '{}/{}' under resource group '{}' was not found. For more details please go to \
             https://aka.ms/ARMResourceNotFoundFix",
            place.kind,
            place.name,
            place.group_name()
        );
        Refusal::new(404, "ResourceNotFound", message)
    }

    /// The status of a first write, and of later ones.
    fn statuses(&self) -> (u16, u16) {
        (201, 200)
    }

    /// The status of a delete that is done at once, and whether the body comes with it.
    fn deleted(&self) -> (u16, bool) {
        (200, false)
    }

    /// Where its body has the etag, if it has one.
    fn etag(&self) -> Option<&'static str> {
        None
    }

    /// Whether an API version of it has been retired, or never was.
    fn refuses_version(&self, _version: &str) -> bool {
        false
    }
}

/// Stores anything of a kind that is not known here, as sent.
pub(super) struct Plain;

impl Service for Plain {
    fn kind(&self) -> &'static str {
        ""
    }

    fn is_tracked(&self) -> bool {
        false
    }

    fn complete(&self, draft: Draft<'_>) -> Result<Outcome, Refusal> {
        let mut body = draft.body;
        body::set(&mut body, "/properties/provisioningState", Value::from("Succeeded"));
        Ok(Outcome::of(body))
    }
}

/// The service of a kind, in any casing.
pub(super) fn service_of(kind: &str) -> &'static dyn Service {
    crate::simulator::services::ALL.iter().copied().find(|service| same(service.kind(), kind)).unwrap_or(&Plain)
}
