//! The seam between the engine and what it manages. Its verbs are those of Terraform's provider protocol
//! (validate, upgrade, plan, read, apply, import), so that a host for provider plugins can stand behind it one
//! day without a change to the engine.
//!
//! A [`Provider`] is known without configuration: its schemas, its kinds. Configuring it gives a [`Session`],
//! which has two halves: [`Read`], which planning may hold, and [`Write`], which only apply is given.

mod directory;
mod drift;
mod holdups;
mod registry;
mod schema;
mod stand_in;
mod timeouts;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::SourceMap;
use crate::syntax::tree::Body;
use crate::value::{Path, Value};

pub use directory::{Directory, Entry, Members, Principal, Sought};
pub use drift::{Drift, Stranger};
pub use holdups::Holdups;
pub use registry::Registry;
pub use schema::{Attribute, Block, NestedBlock, Nesting, Schema};
pub use stand_in::StandIns;
pub use timeouts::{findings, time_limit};

/// A family of kinds that are configured together: `azurerm`, `azapi`, `terraform` (built in).
#[async_trait]
pub trait Provider: Send + Sync {
    /// Its local name by convention: `azurerm`.
    fn name(&self) -> &'static str;

    /// Its source address: `registry.terraform.io/hashicorp/azurerm`, `terraform.io/builtin/terraform`.
    fn source(&self) -> &'static str;

    /// The schema of the `provider` block.
    fn config_schema(&self) -> &Schema;

    /// The managed kinds, by name.
    fn kinds(&self) -> Vec<&dyn Kind>;

    /// The data sources, by name.
    fn data_sources(&self) -> Vec<&dyn Kind>;

    /// A managed kind.
    fn kind(&self, name: &str) -> Option<&dyn Kind>;

    /// A data source.
    fn data_source(&self, name: &str) -> Option<&dyn Kind>;

    /// What does the work of a managed kind that this provider does not have, written out from the block, where that
    /// is known.
    fn instead(&self, _kind: &str, _label: &str, _body: &Body, _sources: &SourceMap) -> Option<String> {
        None
    }

    /// Opens a session. `config` conforms to [`Provider::config_schema`] and may hold unknowns: then the session
    /// answers what it can without the service.
    async fn configure(&self, config: &Value, surroundings: &Surroundings) -> Result<Arc<dyn Session>, Diagnostics>;
}

/// What a provider may look at beside its configuration.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The process's environment, or the part that a test gives.
    pub environment: BTreeMap<String, String>,
    /// The root module's folder.
    pub folder: PathBuf,
    /// Where the embedded Azure listens, when `--simulate` started one: `http://127.0.0.1:4711`.
    pub simulator: Option<String>,
    /// The version constraint that the configuration's `required_providers` gives for this provider, as written.
    pub version_constraint: Option<String>,
    /// What the configuration refers to, so that what is dear or secret is only read where it is wanted.
    pub mentioned: Mentioned,
    /// How the states of other stacks are read.
    pub remote_states: Option<Arc<dyn RemoteStates>>,
    /// Where it is told what holds the run back.
    pub holdups: Holdups,
}

/// Where the state of another stack is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatePlace {
    /// The type of the backend: `azurerm`.
    pub backend: String,
    /// Its settings, all of them texts.
    pub settings: BTreeMap<String, String>,
    /// Which of the states there.
    pub workspace: String,
}

/// Reads states of other stacks, which may be encrypted.
pub trait RemoteStates: std::fmt::Debug + Send + Sync {
    /// What is kept at a place that is no local file; `None` when nothing is. Waits for the answer, so it must not be
    /// called where others wait too.
    fn fetch(&self, place: &StatePlace) -> Result<Option<Vec<u8>>, Diagnostic>;

    /// The state in clear; `name` is what to call it.
    fn decrypt(&self, bytes: Vec<u8>, name: &str) -> Result<Vec<u8>, Diagnostic>;
}

/// Which attributes of which kinds a configuration refers to.
#[derive(Debug, Clone, Default)]
pub struct Mentioned(Arc<BTreeSet<Mention>>);

/// A kind, and one of its attributes; `None` for an object as a whole.
pub type Mention = (Arc<str>, Option<Arc<str>>);

impl Mentioned {
    /// Of these kinds these attributes.
    pub fn new(uses: impl IntoIterator<Item = Mention>) -> Self {
        Self(Arc::new(uses.into_iter().collect()))
    }

    /// With these besides.
    #[must_use]
    pub fn and(&self, more: impl IntoIterator<Item = Mention>) -> Self {
        Self::new(self.0.iter().cloned().chain(more))
    }

    /// Whether anything refers to this attribute of an object of this kind, by its name or with all the others.
    pub fn has(&self, kind: &str, attribute: &str) -> bool {
        let kind: Arc<str> = kind.into();
        self.0.contains(&(kind.clone(), None)) || self.0.contains(&(kind, Some(attribute.into())))
    }
}

/// A managed kind or a data source, as known without configuration.
pub trait Kind: Send + Sync {
    /// `azurerm_subnet`
    fn name(&self) -> &str;

    /// Its attributes and blocks.
    fn schema(&self) -> &Schema;

    /// The schema as those know it who ask for these versions of the provider; more than that may be taken.
    fn schema_told(&self, _versions: Option<&str>) -> Cow<'_, Schema> {
        Cow::Borrowed(self.schema())
    }

    /// Finds what is wrong with a configuration beyond what the schema says: allowed values, exclusions. Unknowns
    /// must be taken as right. Places are given by the caller: a diagnostic for a path is put on that argument.
    fn validate(&self, _config: &Value) -> Vec<Finding> {
        Vec::new()
    }

    /// What to say of an argument or block that the schema does not have, when it is a known old or wrong name:
    /// `enable_auto_scaling` → `Some("This argument is named \"auto_scaling_enabled\" ...")`.
    fn renamed(&self, _path: &[&str]) -> Option<String> {
        None
    }

    /// Whether what is left of a creation that failed is mended by the next run, in place, instead of being removed
    /// and made anew.
    fn mends(&self) -> bool {
        false
    }

    /// Attributes that repeat another one: what is sensitive in the first is so in the second.
    fn echoes(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether what an instance will be is tried out at the service before it is planned, by [`Read::rehearse`].
    fn rehearses(&self) -> bool {
        false
    }

    /// What is secret in a value though its schema does not say so: the contents of a secret in a manifest.
    fn secrets(&self, _value: &Value) -> Vec<Path> {
        Vec::new()
    }

    /// The id that an object with these attributes has in a subscription, where it follows from them. Any of them may
    /// be a stand-in for what is not known yet.
    fn id_by(&self, _subscription: &str, _attributes: &Value) -> Option<String> {
        None
    }

    /// Whether objects of this kind tell of objects of `other`, so that a record of them is out of date once one of those
    /// is written or removed: a network lists its subnets.
    fn tells_of(&self, _other: &str) -> bool {
        false
    }

    /// Positions in `recorded`, objects of this kind, that tell of something in `written`.
    fn outdated_by(&self, _recorded: &[&Value], _written: &[&Value]) -> Vec<usize> {
        Vec::new()
    }

    /// Brings recorded attributes of an older schema version to the present one.
    fn upgrade(&self, _version: u64, attributes: serde_json::Value) -> Result<serde_json::Value, Diagnostic> {
        Ok(attributes)
    }
}

/// Something wrong at a path of a configuration.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which argument.
    pub path: Path,
    /// What.
    pub diagnostic: Diagnostic,
}

/// A configured provider.
pub trait Session: Send + Sync {
    /// The half that planning holds.
    fn reader(&self) -> &dyn Read;

    /// The half that apply alone is given.
    fn writer(&self) -> &dyn Write;
}

impl<T: Read + Write + Send + Sync> Session for T {
    fn reader(&self) -> &dyn Read {
        self
    }

    fn writer(&self) -> &dyn Write {
        self
    }
}

/// An object as recorded: the value of all attributes, and what the provider keeps for itself.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Conforms to the kind's schema; wholly known.
    pub value: Value,
    /// Opaque to the engine; empty for none.
    pub private: Vec<u8>,
}

/// What a provider is asked to plan for one instance.
#[derive(Debug)]
pub struct PlanRequest<'a> {
    /// The object as last observed; `None` to create.
    pub prior: Option<&'a Recorded>,
    /// The configuration, with nulls where nothing was written, and unknowns.
    pub config: &'a Value,
    /// The configuration laid over the prior object: what is computed and not configured keeps its prior value
    /// (null at creation).
    pub proposed: &'a Value,
}

/// What a provider plans for one instance.
#[derive(Debug, Clone)]
pub struct PlanResponse {
    /// What the object will be: defaults filled in, what will be computed unknown (or known already, where the
    /// provider can tell), and equal values in the prior object's spelling.
    pub planned: Value,
    /// Attributes whose change the service cannot make in place.
    pub requires_replace: Vec<Path>,
    /// What a person should know of the change: "the nodes of the pool are rotated".
    pub notes: Vec<String>,
    /// What is refused or warned of. An error stops the plan.
    pub findings: Vec<Finding>,
}

/// A planned instance, as [`Read::implied_order`] and [`Read::confirm`] see it.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The kind's name.
    pub kind: &'a str,
    /// What it will be.
    pub value: &'a Value,
}

/// An instance that is about to be written or removed, as [`Read::preflight`] sees it. Values carry no marks.
#[derive(Debug, Clone, Copy)]
pub struct Intended<'a> {
    /// The kind's name.
    pub kind: &'a str,
    /// What it is; null when it is to be made.
    pub before: &'a Value,
    /// What it will be, with unknowns; null when it goes.
    pub after: &'a Value,
}

/// A thing of which only one writer at a time may be at work: `cluster:/subscriptions/...`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Lane(pub Arc<str>);

/// What planning may do.
#[async_trait]
pub trait Read: Send + Sync {
    /// Decides what an instance will be. Pure: no input or output, the same answer each time.
    fn plan(&self, kind: &str, request: PlanRequest<'_>) -> PlanResponse;

    /// Whether the service can be asked. A session whose configuration is not known yet, because it depends on what is
    /// yet to be made, plans by what is configured and recorded; its data sources are read during apply.
    fn is_open(&self) -> bool {
        true
    }

    /// Tries out at the service what a configuration would make, changing nothing. What comes of it is kept for the
    /// [`Read::plan`] calls that follow.
    async fn rehearse(&self, _kind: &str, _config: &Value) {}

    /// Tells that all these objects are about to be read, so that they can be read in few calls. What it finds
    /// is kept for the [`Read::read`] calls that follow.
    async fn prefetch(&self, _wanted: &[(&str, &Recorded)]) {}

    /// Reads an object as it is now; `None` when it is gone (confirmed, not merely a first 404).
    async fn read(&self, kind: &str, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics>;

    /// What gives access and stood in the lists that were read, beside what was asked for. Told once: what was read ahead
    /// is forgotten with it.
    fn strangers(&self) -> Vec<Stranger> {
        Vec::new()
    }

    /// Reads a data source.
    async fn read_data(&self, kind: &str, config: &Value) -> Result<Value, Diagnostics>;

    /// All elements of a list that the service keeps, page by page, as it writes them: what no configuration may
    /// have. A path without a slash before it begins at what the session is configured for (its subscription). A
    /// provider without such a service has nothing.
    async fn list(
        &self,
        _path: &str,
        _version: &str,
        _filter: Option<&str>,
    ) -> Result<Vec<serde_json::Value>, Diagnostics> {
        Ok(Vec::new())
    }

    /// What the service's directory says of these: who they are, and who is in those that are groups. What it does not
    /// say is no fault.
    async fn directory(&self, _sought: &[Sought]) -> Directory {
        Directory::default()
    }

    /// Who an application is to the service that assigns rights, by its client id; `None` where it is not known. A
    /// provider without a directory knows nobody.
    async fn principal_of(&self, _application: &str) -> Result<Option<Principal>, Diagnostics> {
        Ok(None)
    }

    /// Reads an object that is to be taken over, by its id.
    async fn import(&self, kind: &str, id: &str) -> Result<Recorded, Diagnostics>;

    /// What there is at a scope of the service, parents before what is in them.
    async fn discover(&self, _scope: &str) -> Result<Vec<Found>, Diagnostics> {
        Ok(Vec::new())
    }

    /// What may have changed outside since an object was recorded. Pure. What is not in a value because nobody configured
    /// it may be in here.
    fn drift(&self, _kind: &str, recorded: &Recorded, observed: &Recorded) -> Drift {
        Drift::between(recorded, observed)
    }

    /// Finds out what came of a write whose end nobody saw: waits until what the service accepted has ended, and
    /// reads the object. `sent` are the requests of that write, in order; `recorded` is the object as recorded
    /// before it, if there was one. An error means that it could not be found out.
    async fn settle(&self, kind: &str, sent: &[Sent], recorded: Option<&Recorded>) -> Result<Settled, Diagnostics>;

    /// Pairs of positions in `planned` of which the first must exist before the second is written, though no
    /// reference says so. Removing goes the other way round; where the first refers to the second, that is all that
    /// the pair says: a part that goes with its whole is removed after it.
    fn implied_order(&self, _planned: &[Planned<'_>]) -> Vec<(usize, usize)> {
        Vec::new()
    }

    /// What the service would refuse of what is to be made, though planning could not see it: a name that nothing there
    /// has. Positions in `planned`, and what is wrong there. What the service does not say is taken as right.
    async fn confirm(&self, _planned: &[Planned<'_>]) -> Vec<(usize, Finding)> {
        Vec::new()
    }

    /// The lanes that a write of this object occupies.
    fn lanes(&self, _kind: &str, _value: &Value) -> Vec<Lane> {
        Vec::new()
    }

    /// Asks the service whether it would take what is intended, without doing anything: what is wrong, each with its
    /// position in `intended`.
    async fn preflight(&self, _intended: &[Intended<'_>]) -> Vec<(usize, Finding)> {
        Vec::new()
    }
}

/// Told by a provider while it writes, so that a crash at any point can be recovered.
pub trait Watch: Send + Sync {
    /// Called before each request that changes something; returns once that is on disk.
    fn before_write(&self, intent: &Intent) -> Result<(), Diagnostic>;

    /// A long-running operation was accepted; `url` is where to ask for its end.
    fn operation(&self, url: &str);

    /// For people: "waiting for the operation on aks-prod to end".
    fn progress(&self, text: &str);

    /// Whether the user wants to stop: waits may be given up at the next safe point.
    fn interrupted(&self) -> bool {
        false
    }
}

/// A request that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// `PUT`, `PATCH`, `POST`, `DELETE`
    pub method: &'static str,
    /// The ARM id (or other identity) of what is written.
    pub id: String,
    /// The version of the API that is spoken; empty where there are none.
    pub version: String,
    /// SHA-256 of the body in hexadecimal; empty without a body. Never the body: it may hold secrets.
    pub digest: String,
}

/// A request that was sent, or was about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The request.
    pub intent: Intent,
    /// Where the service said to ask for its end.
    pub operation: Option<String>,
}

/// Something that exists, and how it can be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The kind that manages it.
    pub kind: String,
    /// The id that [`Read::import`] takes.
    pub id: String,
}

/// What came of a write whose end nobody saw.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The object as it now is; `None` when there is none.
    pub recorded: Option<Recorded>,
    /// Why the service could not carry the write out, when it says so.
    pub failure: Option<Diagnostics>,
}

/// What came of a write.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The object as it now is; `None` when there is none (deleted, or never made).
    pub recorded: Option<Recorded>,
    /// What went wrong. With an error and an object after a create, the object is recorded as tainted.
    pub diagnostics: Diagnostics,
}

/// What apply alone may do.
#[async_trait]
pub trait Write: Send + Sync {
    /// Makes the object. `planned` is what the plan promised, now wholly known but for what the service decides.
    async fn create(&self, kind: &str, planned: &Value, config: &Value, watch: &dyn Watch) -> Applied;

    /// Changes the object in place.
    async fn update(&self, kind: &str, prior: &Recorded, planned: &Value, config: &Value, watch: &dyn Watch)
    -> Applied;

    /// Removes the object. One that is gone already is a success.
    async fn delete(&self, kind: &str, prior: &Recorded, watch: &dyn Watch) -> Applied;
}
