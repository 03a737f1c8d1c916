//! One cluster: requests on objects, as JSON. What the API server decides is told as a [`Failure`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::TokenCredential;
use azure_core::time::{Duration, OffsetDateTime};
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, ValidationDirective};
use kube::config::AuthInfo;
use kube::core::{ApiResource, GroupVersionKind};
use kube::discovery::{self, Scope};
use kube::{Client, Config};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex as Guard;

use super::entra;
use super::failure::Failure;
use super::made_up::MadeUp;
use super::settings::Ignored;
use crate::azure::arm::Clock;
use crate::diagnostic::Diagnostic;

/// Who writes what has arguments of its own. What a manifest names has another, see `kubernetes_manifest`.
const FIELD_MANAGER: &str = "Bowline";

/// How many objects a page of a list has.
const PAGE: u32 = 500;

/// How long before its end a token is fetched anew, in minutes.
const RENEW_BEFORE: i64 = 5;

/// A kind of objects in a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resource {
    /// Group, version, kind, and its name in addresses.
    pub api: ApiResource,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// A kind of the core group at version 1.
    pub fn core(kind: &str, plural: &str, namespaced: bool) -> Self {
        let kind = GroupVersionKind::gvk("", "v1", kind);
        Self { api: ApiResource::from_gvk_with_plural(&kind, plural), namespaced }
    }
}

/// Which object: its kind, its namespace (not looked at where there are none) and its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    pub resource: &'a Resource,
    pub namespace: &'a str,
    pub name: &'a str,
}

/// How a server-side apply is to be done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Apply<'a> {
    /// In whose name.
    pub manager: &'a str,
    /// Whether fields that others have are taken from them.
    pub force: bool,
    /// Whether it is only tried.
    pub dry_run: bool,
}

/// A cluster and who we are there.
pub(super) struct Cluster {
    config: Config,
    credential: Option<Arc<dyn TokenCredential>>,
    client: Guard<Option<(Client, Option<OffsetDateTime>)>>,
    resources: Mutex<HashMap<(String, String), Resource>>,
    /// Keys of annotations and labels that nobody here asks for.
    pub ignored: Ignored,
    /// What is waited by.
    pub clock: Arc<dyn Clock>,
    /// Where names come from that nobody gives.
    pub made_up: MadeUp,
}

impl Cluster {
    /// A cluster. Nobody is called yet: the first request connects, and signs in where there is a credential of Entra.
    pub fn new(
        config: Config,
        credential: Option<Arc<dyn TokenCredential>>,
        ignored: Ignored,
        clock: Arc<dyn Clock>,
        made_up: MadeUp,
    ) -> Self {
        Self { config, credential, client: Guard::default(), resources: Mutex::default(), ignored, clock, made_up }
    }

    /// The API server's address.
    pub fn host(&self) -> String {
        self.config.cluster_url.to_string().trim_end_matches('/').to_owned()
    }

    /// Whether an object was written by us.
    pub fn is_ours(object: &Json) -> bool {
        let managers = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        managers.into_iter().any(|one| one["manager"] == FIELD_MANAGER)
    }

    /// A failure as words: what was tried ("read the secret a/b").
    pub fn problem(&self, tried: &str, failure: &Failure) -> Diagnostic {
        failure.diagnostic(tried, &self.host())
    }

    async fn client(&self) -> Result<Client, Failure> {
        let mut held = self.client.lock().await;
        let renewal = OffsetDateTime::now_utc() + Duration::minutes(RENEW_BEFORE);
        if let Some((client, end)) = held.as_ref()
            && end.is_none_or(|end| end > renewal)
        {
            return Ok(client.clone());
        }
        let mut config = self.config.clone();
        let mut end = None;
        if let Some(credential) = &self.credential {
            let token = credential.get_token(&[entra::SCOPE], None).await;
            let token = token.map_err(|error| Failure::SignIn(format!("Entra gave no token: {error}")))?;
            let user = json!({ "token": token.token.secret() });
            config.auth_info = serde_json::from_value::<AuthInfo>(user)
                .map_err(|_| Failure::SignIn("the token of Entra cannot be used".to_owned()))?;
            end = Some(token.expires_on);
        }
        // The program that gives credentials is run here, and it may block.
        let made = tokio::task::spawn_blocking(move || Client::try_from(config)).await;
        let client = made.map_err(|error| Failure::Other(error.to_string()))??;
        *held = Some((client.clone(), end));
        Ok(client)
    }

    async fn api(&self, resource: &Resource, namespace: &str) -> Result<Api<DynamicObject>, Failure> {
        let client = self.client().await?;
        Ok(if resource.namespaced {
            Api::namespaced_with(client, namespace, &resource.api)
        } else {
            Api::all_with(client, &resource.api)
        })
    }

    /// Finds out how the cluster calls a kind. Found kinds are kept: they do not change while a run lasts.
    pub async fn resource(&self, api_version: &str, kind: &str) -> Result<Resource, Failure> {
        let key = (api_version.to_owned(), kind.to_owned());
        let known = self.resources.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let client = self.client().await?;
        let found = discovery::pinned_kind(&client, &GroupVersionKind::gvk(group, version, kind)).await;
        let (api, capabilities) = found.map_err(|error| match Failure::from(error) {
            // A group that is not there at all is a plain 404 of the address.
            Failure::Refused(status) if status.code == 404 => Failure::UnknownKind(format!("{api_version} {kind}")),
            other => other,
        })?;
        let resource = Resource { api, namespaced: capabilities.scope == Scope::Namespaced };
        self.resources.lock().unwrap_or_else(PoisonError::into_inner).insert(key, resource.clone());
        Ok(resource)
    }

    /// The object; `None` when there is none.
    pub async fn find(&self, object: Object<'_>) -> Result<Option<Json>, Failure> {
        let api = self.api(object.resource, object.namespace).await?;
        match twice(|| api.get(object.name)).await {
            Ok(found) => Ok(Some(json_of(&found)?)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// One object of a kind; `None` when there is none.
    pub async fn get(
        &self,
        api_version: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Json>, Failure> {
        let resource = self.resource(api_version, kind).await?;
        self.find(Object { resource: &resource, namespace, name }).await
    }

    /// Every object of a kind, in all namespaces.
    pub async fn list(&self, api_version: &str, kind: &str) -> Result<Vec<Json>, Failure> {
        let resource = self.resource(api_version, kind).await?;
        let api: Api<DynamicObject> = Api::all_with(self.client().await?, &resource.api);
        let mut wanted = ListParams::default().limit(PAGE);
        let mut found = Vec::new();
        loop {
            let page = match twice(|| api.list(&wanted)).await {
                // The cluster no longer knows what the pages before were of: all of it at once, from the beginning.
                Err(failure) if failure.has_expired() && wanted.limit.is_some() => {
                    found.clear();
                    wanted = ListParams::default();
                    continue;
                }
                page => page?,
            };
            for object in &page.items {
                let mut object = json_of(object)?;
                // In a list the API server leaves out what is the same for all.
                object["apiVersion"] = json!(api_version);
                object["kind"] = json!(kind);
                found.push(object);
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => wanted = wanted.continue_token(&token),
                None => return Ok(found),
            }
        }
    }

    /// Makes an object of this body, which must not be there.
    pub async fn create(&self, resource: &Resource, namespace: &str, body: &Json) -> Result<Json, Failure> {
        let api = self.api(resource, namespace).await?;
        let object: DynamicObject =
            serde_json::from_value(body.clone()).map_err(|_| Failure::Other("the object has no form".to_owned()))?;
        let how = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        json_of(&api.create(&how, &object).await?)
    }

    /// Changes an object by a merge patch (RFC 7386): null takes a member away.
    pub async fn merge(&self, object: Object<'_>, patch: &Json) -> Result<Json, Failure> {
        let api = self.api(object.resource, object.namespace).await?;
        let how = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(patch);
        json_of(&twice(|| api.patch(object.name, &how, &patch)).await?)
    }

    /// Server-side apply of what is wanted of an object.
    pub async fn apply(&self, object: Object<'_>, wanted: &Json, how: Apply<'_>) -> Result<Json, Failure> {
        let api = self.api(object.resource, object.namespace).await?;
        let how = PatchParams {
            dry_run: how.dry_run,
            force: how.force,
            field_manager: Some(how.manager.to_owned()),
            field_validation: Some(ValidationDirective::Strict),
        };
        let wanted = Patch::Apply(wanted);
        json_of(&twice(|| api.patch(object.name, &how, &wanted)).await?)
    }

    /// Begins to remove an object. One that is gone already is a success.
    pub async fn delete(&self, object: Object<'_>) -> Result<(), Failure> {
        let api = self.api(object.resource, object.namespace).await?;
        let how = DeleteParams::default();
        match twice(|| api.delete(object.name, &how)).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.is_missing() => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

/// Asks once more when the connection breaks: for what comes to the same when it is done twice.
async fn twice<T, F: Future<Output = kube::Result<T>>>(request: impl Fn() -> F) -> Result<T, Failure> {
    match request().await.map_err(Failure::from) {
        Err(Failure::Broken(_)) => Ok(request().await?),
        answer => answer,
    }
}

fn json_of(object: &DynamicObject) -> Result<Json, Failure> {
    serde_json::to_value(object).map_err(|_| Failure::Other("the answer is none of the Kubernetes API".to_owned()))
}
