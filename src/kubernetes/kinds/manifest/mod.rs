//! `kubernetes_manifest`: any object, by server-side apply. What the cluster would make of it is tried out while
//! planning, where the cluster can be asked.

mod conflict;
mod form;
mod plan;
mod ready;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::super::cluster::{Apply, Cluster, Object, Resource};
use super::super::failure::Failure;
use super::wait::until;
use super::{KubernetesKind, Rehearsal};
use crate::azure::wire::{Row, at, block, block_of, blocks, flag, text, text_map, texts};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::provider::{
    Applied, Attribute, Finding, Intent, Kind, PlanRequest, PlanResponse, Recorded, Schema, Watch, time_limit,
};
use crate::value::{Fields, Path, Type, Value};

pub(super) use form::secret_parts;
use form::{Identity, body_of, value_of};

/// Its name.
pub(super) const NAME: &str = "kubernetes_manifest";

/// Terraform's provider writes under this name, and so do we: what it manages can be gone on with.
const FIELD_MANAGER: &str = "Terraform";

/// How long a write, or a wait for what it leads to, may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

/// The kind.
pub(super) struct Manifest {
    schema: Schema,
}

impl Manifest {
    /// The kind with its schema.
    pub fn new() -> Self {
        let mut block = block_of(&rows());
        let about = |attribute: Attribute, about: &str| Attribute { description: about.to_owned(), ..attribute };
        let manifest = about(Attribute::required(Type::Dynamic), "What is wanted of the object.");
        block.attributes.insert("manifest".into(), manifest);
        let object = about(Attribute::optional_computed(Type::Dynamic), "The object as it is in the cluster.");
        block.attributes.insert("object".into(), object);
        let wait_for = Type::object([("fields", Type::map(Type::String))]);
        let deprecated = Some("Use the block wait instead.".to_owned());
        block.attributes.insert("wait_for".into(), Attribute { deprecated, ..Attribute::optional(wait_for) });
        Self { schema: Schema { version: 1, block } }
    }
}

fn rows() -> Vec<Row> {
    vec![
        texts("computed_fields").about("Paths in the manifest whose values the cluster may change."),
        flag("skip_validation").about("Whether the manifest is not tried out at the cluster while planning."),
        block("field_manager", vec![text("name"), flag("force_conflicts")])
            .about("In whose name the manifest is applied, and whether fields that others manage are taken from them."),
        block(
            "wait",
            vec![
                text_map("fields").about("Paths, and patterns that the values there must fit."),
                flag("rollout").about("Until a Deployment, StatefulSet or DaemonSet is rolled out."),
                blocks("condition", vec![text("type"), text("status")]),
            ],
        )
        .about("What a write waits for."),
        block("timeouts", vec![text("create"), text("update"), text("delete")]),
    ]
}

/// In whose name it is applied.
fn apply_of(value: &Value, dry_run: bool) -> Apply<'_> {
    let manager = at(value, "field_manager.name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let force = at(value, "field_manager.force_conflicts").and_then(Value::as_bool).unwrap_or(false);
    Apply { manager: manager.unwrap_or(FIELD_MANAGER), force, dry_run }
}

/// What is wrong with a manifest beyond what the cluster says.
fn faults(manifest: &Value) -> Vec<(Path, Diagnostic)> {
    let path =
        |dotted: &str| dotted.split('.').fold(Path::attribute("manifest"), |path, name| path.then_attribute(name));
    if !manifest.is_known() || manifest.is_null() {
        return Vec::new();
    }
    if manifest.as_fields().is_none() {
        let detail = "A manifest is an object. One in YAML is read by yamldecode(file(\"...\")).";
        return vec![(Path::attribute("manifest"), Diagnostic::error("Invalid manifest", detail))];
    }
    let get = |dotted: &str| dotted.split('.').try_fold(manifest, |value, name| value.field(name));
    let mut found = Vec::new();
    for required in ["apiVersion", "kind", "metadata", "metadata.name"] {
        let parent = required.rsplit_once('.').and_then(|(parent, _)| get(parent));
        if parent.is_some_and(|parent| !parent.is_known()) || get(required).is_some_and(|value| !value.is_null()) {
            continue;
        }
        let detail = format!("The manifest has no \"{required}\", without which no object can be named.");
        found.push((Path::default(), Diagnostic::error("Invalid manifest", detail)));
    }
    for kept in [
        "status",
        "metadata.uid",
        "metadata.resourceVersion",
        "metadata.creationTimestamp",
        "metadata.generation",
        "metadata.managedFields",
        "metadata.selfLink",
    ] {
        if get(kept).is_some_and(|value| !value.is_null()) {
            let detail = format!("\"{kept}\" is kept by the cluster: take it out of the manifest.");
            found.push((path(kept), Diagnostic::error("Forbidden attribute in manifest", detail)));
        }
    }
    found
}

impl Kind for Manifest {
    fn name(&self) -> &str {
        NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let manifest = config.field("manifest");
        let mut found = manifest.map(faults).unwrap_or_default();
        if config.field("object").is_some_and(|object| !object.is_null()) {
            let detail = "What the object is to be is written in \"manifest\"; \"object\" is what the cluster answers.";
            found.push((Path::attribute("object"), Diagnostic::error("Value for a computed attribute", detail)));
        }
        found.into_iter().map(|(path, diagnostic)| Finding { path, diagnostic }).collect()
    }

    fn echoes(&self) -> &'static [(&'static str, &'static str)] {
        &[("manifest", "object")]
    }

    fn rehearses(&self) -> bool {
        true
    }

    fn secrets(&self, value: &Value) -> Vec<Path> {
        secret_parts(value, &["manifest", "object"])
    }
}

/// One object on its way.
struct Call<'a> {
    cluster: &'a Cluster,
    identity: Identity,
    resource: Resource,
}

impl<'a> Call<'a> {
    async fn new(cluster: &'a Cluster, identity: Identity) -> Result<Self, Failure> {
        let resource = cluster.resource(&identity.api_version, &identity.kind).await?;
        Ok(Self { cluster, identity, resource })
    }

    fn object(&self) -> Object<'_> {
        Object { resource: &self.resource, namespace: self.identity.place(), name: &self.identity.name }
    }

    async fn find(&self) -> Result<Option<Json>, Failure> {
        self.cluster.find(self.object()).await
    }

    /// Applies what is planned and waits for what it is to lead to.
    async fn apply(&self, planned: &Value, verb: &str, watch: &dyn Watch) -> Applying {
        let Some(body) = planned.field("manifest").and_then(body_of) else {
            return Applying::Failed(Failure::Other("the manifest is not known".to_owned()));
        };
        let made = match self.cluster.apply(self.object(), &body, apply_of(planned, false)).await {
            Ok(object) => object,
            Err(failure) => return Applying::Failed(failure),
        };
        let wanted = match ready::wanted(planned) {
            Ok(wanted) if wanted.is_empty() => return Applying::Done(made),
            Ok(wanted) => wanted,
            Err(failure) => return Applying::Begun(made, failure),
        };
        let limit = time_limit(planned, verb).unwrap_or(LIMIT);
        let what = wanted.to_string();
        let looked = until(self.cluster, limit, watch, &what, || async {
            match self.find().await? {
                Some(object) => Ok(wanted.holds(&object)?.then_some(object)),
                None => Ok(None),
            }
        });
        match looked.await {
            Ok(object) => Applying::Done(object),
            Err(failure) => Applying::Begun(made, failure),
        }
    }

    fn problem(&self, verb: &str, failure: &Failure) -> Diagnostic {
        let tried = format!("{verb} the {}", self.identity);
        conflict::diagnostic(&self.identity, failure).unwrap_or_else(|| self.cluster.problem(&tried, failure))
    }
}

/// What came of applying.
enum Applying {
    Done(Json),
    /// It is there, and what was to be waited for did not come.
    Begun(Json, Failure),
    Failed(Failure),
}

fn intent(method: &'static str, identity: &Identity, body: Option<&Value>) -> Intent {
    let body = body.and_then(body_of);
    let digest = body.map(|body| Sha256::digest(body.to_string()).iter().map(|byte| format!("{byte:02x}")).collect());
    Intent { method, id: identity.id(), version: identity.api_version.clone(), digest: digest.unwrap_or_default() }
}

fn problems(cluster: &Cluster, verb: &str, identity: &Identity, failure: &Failure) -> Diagnostics {
    cluster.problem(&format!("{verb} the {identity}"), failure).into()
}

/// The value without a name: what cannot be asked for.
fn nameless() -> Diagnostics {
    let detail = "What is recorded of the manifest names no object. Remove it from the state (bowline state rm), and import \
                  it again.";
    Diagnostic::error("Recorded object cannot be read", detail).into()
}

#[async_trait]
impl KubernetesKind for Manifest {
    fn plan(&self, request: PlanRequest<'_>, rehearsal: Option<&Rehearsal>) -> PlanResponse {
        plan::plan(&request, rehearsal)
    }

    fn rehearsal_key(&self, config: &Value) -> Option<String> {
        let manifest = config.field("manifest").and_then(body_of)?;
        let apply = apply_of(config, true);
        let told = format!("{manifest} {} {}", apply.manager, apply.force);
        Some(Sha256::digest(told).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    async fn rehearse(&self, cluster: &Cluster, config: &Value) -> Option<Rehearsal> {
        let skips = config.field("skip_validation").and_then(Value::as_bool) == Some(true);
        let manifest = config.field("manifest").filter(|_| !skips)?;
        let (identity, body) = (Identity::of(manifest)?, body_of(manifest)?);
        let tried = match Call::new(cluster, identity.clone()).await {
            Ok(call) => cluster.apply(call.object(), &body, apply_of(config, true)).await,
            Err(failure) => Err(failure),
        };
        Some(match tried {
            Ok(object) => Rehearsal::Object(object),
            Err(failure) => plan::refusal(cluster, &identity, &failure),
        })
    }

    async fn read(&self, cluster: &Cluster, recorded: &Recorded) -> Result<Option<Recorded>, Diagnostics> {
        let identity = Identity::recorded(&recorded.value).ok_or_else(nameless)?;
        let found = match Call::new(cluster, identity.clone()).await {
            Ok(call) => call.find().await,
            // With the definition of a kind all its objects go.
            Err(Failure::UnknownKind(_)) => return Ok(None),
            Err(failure) => Err(failure),
        };
        let found = found.map_err(|failure| problems(cluster, "read", &identity, &failure))?;
        let value = |object: Json| Recorded { value: value_of(&object, &recorded.value), ..recorded.clone() };
        Ok(found.map(value))
    }

    async fn find(&self, cluster: &Cluster, id: &str) -> Result<Option<Recorded>, Diagnostics> {
        let identity = Identity::parse(id).ok_or_else(|| {
            let detail = format!(
                "A kubernetes_manifest is imported by apiVersion=<version>,kind=<kind>,namespace=<namespace>,name=<name> \
                 (without a namespace for what is in none), which {id:?} is not."
            );
            Diagnostic::error("Invalid import id", detail)
        })?;
        let found = match Call::new(cluster, identity.clone()).await {
            Ok(call) => call.find().await,
            Err(failure) => Err(failure),
        };
        let found = found.map_err(|failure| problems(cluster, "read", &identity, &failure))?;
        let fields: Fields = self
            .schema
            .block
            .attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), Value::null(attribute.ty.clone())))
            .chain(self.schema.block.blocks.iter().map(|(name, nested)| {
                let ty = nested.implied_type();
                (name.clone(), Value::list(ty.element().cloned().unwrap_or(Type::Dynamic), Vec::new()))
            }))
            .collect();
        let beside = Value::object(fields);
        Ok(found.map(|object| Recorded { value: value_of(&object, &beside), private: Vec::new() }))
    }

    async fn import(&self, cluster: &Cluster, id: &str) -> Result<Recorded, Diagnostics> {
        self.find(cluster, id).await?.ok_or_else(|| {
            let detail = format!("There is no object {id} in the cluster at {}.", cluster.host());
            Diagnostic::error("Cannot import non-existent remote object", detail).into()
        })
    }

    async fn create(&self, cluster: &Cluster, planned: &Value, _config: &Value, watch: &dyn Watch) -> Applied {
        let nothing = |diagnostics: Diagnostics| Applied { recorded: None, diagnostics };
        let Some(identity) = planned.field("manifest").and_then(Identity::of) else { return nothing(nameless()) };
        let call = match Call::new(cluster, identity.clone()).await {
            Ok(call) => call,
            Err(failure) => return nothing(problems(cluster, "create", &identity, &failure)),
        };
        match call.find().await {
            Ok(None) => {}
            Ok(Some(_)) => return nothing(exists(&identity).into()),
            Err(failure) => return nothing(call.problem("look for", &failure).into()),
        }
        if let Err(refused) = watch.before_write(&intent("PATCH", &identity, planned.field("manifest"))) {
            return nothing(refused.into());
        }
        let there = |object: &Json, diagnostics: Diagnostics| Applied {
            recorded: Some(Recorded { value: value_of(object, planned), private: Vec::new() }),
            diagnostics,
        };
        match call.apply(planned, "create", watch).await {
            Applying::Done(object) => there(&object, Diagnostics::new()),
            Applying::Begun(object, failure) => there(&object, call.problem("see the end of making", &failure).into()),
            Applying::Failed(failure) => {
                let problem = call.problem("create", &failure);
                match (&failure, call.find().await) {
                    // The answer got lost twice, and the object, which was not there before, is.
                    (Failure::Broken(_), Ok(Some(object))) => there(&object, problem.into()),
                    _ => nothing(problem.into()),
                }
            }
        }
    }

    async fn update(
        &self,
        cluster: &Cluster,
        prior: &Recorded,
        planned: &Value,
        _config: &Value,
        watch: &dyn Watch,
    ) -> Applied {
        let kept = |diagnostics: Diagnostics| Applied { recorded: Some(prior.clone()), diagnostics };
        let Some(identity) = planned.field("manifest").and_then(Identity::of) else { return kept(nameless()) };
        let call = match Call::new(cluster, identity.clone()).await {
            Ok(call) => call,
            Err(failure) => return kept(problems(cluster, "change", &identity, &failure)),
        };
        if let Err(refused) = watch.before_write(&intent("PATCH", &identity, planned.field("manifest"))) {
            return kept(refused.into());
        }
        let there = |object: &Json, diagnostics: Diagnostics| Applied {
            recorded: Some(Recorded { value: value_of(object, planned), ..prior.clone() }),
            diagnostics,
        };
        match call.apply(planned, "update", watch).await {
            Applying::Done(object) => there(&object, Diagnostics::new()),
            Applying::Begun(object, failure) => {
                there(&object, call.problem("see the end of changing", &failure).into())
            }
            Applying::Failed(failure) => kept(call.problem("change", &failure).into()),
        }
    }

    async fn delete(&self, cluster: &Cluster, prior: &Recorded, watch: &dyn Watch) -> Applied {
        let kept = |diagnostics: Diagnostics| Applied { recorded: Some(prior.clone()), diagnostics };
        let gone = || Applied { recorded: None, diagnostics: Diagnostics::new() };
        let Some(identity) = Identity::recorded(&prior.value) else { return kept(nameless()) };
        let call = match Call::new(cluster, identity.clone()).await {
            Ok(call) => call,
            Err(Failure::UnknownKind(_)) => return gone(),
            Err(failure) => return kept(problems(cluster, "remove", &identity, &failure)),
        };
        if let Err(refused) = watch.before_write(&intent("DELETE", &identity, None)) {
            return kept(refused.into());
        }
        let limit = time_limit(&prior.value, "delete").unwrap_or(LIMIT);
        let removed = match cluster.delete(call.object()).await {
            Ok(()) => {
                until(cluster, limit, watch, "the object to be gone", || async {
                    Ok(call.find().await?.is_none().then_some(()))
                })
                .await
            }
            Err(failure) => Err(failure),
        };
        match removed {
            Ok(()) => gone(),
            Err(failure) => kept(call.problem("remove", &failure).into()),
        }
    }
}

fn exists(identity: &Identity) -> Diagnostic {
    let detail = format!(
        "The {identity} is there already, and not of this stack's making. To manage it here, take it over:\n\n  import {{\n    \
         to = kubernetes_manifest.NAME\n    id = \"{}\"\n  }}\n\nElse choose another name.",
        identity.id()
    );
    Diagnostic::error("Object exists already", detail)
}
