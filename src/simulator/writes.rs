//! Writing and deleting resources, and the long-running operations that come of it.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::answer::{Answer, Refusal};
use crate::simulator::arm::Azure;
use crate::simulator::body;
use crate::simulator::clock::milliseconds;
use crate::simulator::faults::Effect;
use crate::simulator::operations::{Operation, POLL, Purpose, Style};
use crate::simulator::request::Request;
use crate::simulator::service::{Draft, Outcome, Service, guid, service_of, short_location};
use crate::simulator::services::policies;
use crate::simulator::target::{Key, Place, same, subscription_of};
use crate::simulator::world::{Change, Resource};

/// What a service suggests that a client waits between polls.
const RETRY: Duration = Duration::from_secs(10);

impl Azure {
    /// Ends the operations whose time has come.
    pub(super) fn settle(&mut self) {
        while let Some(operation) = self.world.next_due(self.timer.now()).cloned() {
            self.end(operation);
        }
    }

    /// `PUT`, and `PATCH` as a merge into what is there.
    pub(super) fn put(
        &mut self,
        request: &Request,
        place: &Place,
        effects: &[Effect],
        is_patch: bool,
    ) -> Result<Answer, Refusal> {
        let service = service_of(&place.kind);
        self.check_surroundings(place)?;
        self.check_group_stays(place)?;
        self.check_locks(place, false)?;
        self.check_idle(service, place)?;
        if effects.contains(&Effect::ChangeEtag) {
            self.touch(&place.key());
        }
        let prior = self.world.get(&place.key()).cloned();
        if is_patch && prior.is_none() {
            return Err(service.missing(place));
        }
        check_match(service, request, prior.as_ref())?;
        let sent = sent(request, service, prior.as_ref().filter(|_| is_patch));
        check_location(service, place, &sent, prior.as_ref())?;
        let id = self.spelled(place, service);
        let name = id.rsplit('/').next().unwrap_or_default().to_owned();
        let place = Place { id, name, ..place.clone() };
        policies::check(self.scene(), &place, &sent)?;
        let draft = Draft { scene: self.scene(), place: &place, prior: prior.as_ref(), body: sent };
        let outcome = service.complete(draft)?;
        let is_new = prior.is_none();
        let operation =
            self.begin(service, &place, outcome.lasts, if is_new { Purpose::Create } else { Purpose::Update }, effects);
        self.write(service, &place, prior, outcome, operation.as_ref());
        let answer = self.accepted(request, service, &place, operation.as_ref(), is_new);
        self.edit_after(&place, effects);
        Ok(answer)
    }

    /// `DELETE`
    pub(super) fn delete(&mut self, request: &Request, place: &Place, effects: &[Effect]) -> Result<Answer, Refusal> {
        let service = service_of(&place.kind);
        let key = place.key();
        let Some(resource) = self.world.get(&key).cloned() else {
            // Deleting what is not there succeeds, but not in a group that is not there.
            self.check_surroundings(place)
                .or_else(|refusal| if refusal.code == "ResourceGroupNotFound" { Err(refusal) } else { Ok(()) })?;
            return if same(&place.kind, crate::simulator::target::GROUPS) {
                Err(service.missing(place))
            } else {
                Ok(Answer::empty(204))
            };
        };
        self.check_locks(place, true)?;
        if self.world.at_work(&resource).is_some_and(|operation| operation.purpose == Purpose::Delete) {
            return Ok(self.accepted_delete(
                request,
                service,
                place,
                resource.operation.as_deref().unwrap_or_default(),
            ));
        }
        self.check_idle(service, place)?;
        check_match(service, request, Some(&resource))?;
        let lasts = service.removal(self.scene(), &resource)?;
        let Some(operation) = self.begin(service, place, lasts, Purpose::Delete, effects) else {
            let (status, with_body) = service.deleted();
            self.bury(&resource);
            return Ok(if with_body { Answer::json(status, resource.body) } else { Answer::empty(status) });
        };
        let mut resource = resource;
        resource.operation = Some(operation.id.clone());
        body::set(&mut resource.body, "/properties/provisioningState", Value::from("Deleting"));
        self.store(resource);
        Ok(self.accepted_delete(request, service, place, &operation.id))
    }

    /// A poll of an operation, or of its result.
    pub(super) fn poll(&mut self, id: &str, is_result: bool, effects: &[Effect]) -> Result<Answer, Refusal> {
        self.timer.wait(POLL);
        self.settle();
        let Some(operation) = self.world.operation(id).cloned() else {
            return Err(Refusal::new(404, "OperationNotFound", format!("The operation '{id}' is not found.")));
        };
        let retry = self.timer.retry_after(RETRY).to_string();
        if !is_result {
            let word = effects.iter().find_map(|effect| match effect {
                Effect::PollWord { word } => Some(word.as_str()),
                _ => None,
            });
            let answer = operation.report(word);
            return Ok(if operation.ended { answer } else { answer.with("retry-after", retry) });
        }
        match (operation.ended, &operation.failure, self.world.get(&operation.key)) {
            (false, ..) => Ok(Answer::empty(202).with("retry-after", retry)),
            (true, Some((code, message)), _) => Err(Refusal::new(409, code, message)),
            (true, None, Some(resource)) => {
                Ok(Answer::json(200, service_of(&resource.kind).show(self.scene(), resource)))
            }
            (true, None, None) => Ok(Answer::empty(200)),
        }
    }

    /// The id as it is stored: as first written, beneath the parent as that was written.
    fn spelled(&self, place: &Place, service: &dyn Service) -> String {
        if let Some(prior) = self.world.get(&place.key()) {
            return prior.id.clone();
        }
        let parent = self.world.get(&Key::of(&place.parent)).map_or(place.parent.as_str(), |parent| parent.id.as_str());
        let kind = if service.kind().is_empty() { place.kind.as_str() } else { service.kind() };
        if same(kind, crate::simulator::target::GROUPS) {
            return format!("/subscriptions/{}/resourceGroups/{}", place.subscription(), place.name);
        }
        if place.is_child {
            let word = kind.rsplit('/').next().unwrap_or_default();
            return format!("{parent}/{word}/{}", place.name);
        }
        format!("{parent}/providers/{kind}/{}", place.name)
    }

    fn check_group_stays(&self, place: &Place) -> Result<(), Refusal> {
        let group = place.group().and_then(|group| self.world.get(&Key::of(group)));
        let leaving = group
            .and_then(|group| self.world.at_work(group))
            .is_some_and(|operation| operation.purpose == Purpose::Delete);
        if !leaving {
            return Ok(());
        }
        let message = format!(
            "The resource group '{}' is in deprovisioning state and cannot perform this operation.",
            place.group_name()
        );
        Err(Refusal::new(409, "ResourceGroupBeingDeleted", message).again_after(POLL))
    }

    /// Management locks at the place or above; for a delete beneath it too.
    fn check_locks(&self, place: &Place, is_delete: bool) -> Result<(), Refusal> {
        let kind = "Microsoft.Authorization/locks";
        let key = place.key();
        if same(&place.kind, kind) {
            return Ok(());
        }
        let held = self.world.all_of_kind(kind).find(|lock| {
            let scope =
                lock.id.get(..lock.id.to_ascii_lowercase().rfind("/providers/").unwrap_or(0)).unwrap_or_default();
            let scope = Key::of(scope);
            let level = body::text(&lock.body, "/properties/level").unwrap_or_default();
            let above = key.within(&scope) && (is_delete || same(level, "ReadOnly"));
            above || (is_delete && scope.within(&key))
        });
        let Some(held) = held else { return Ok(()) };
        let verb = if is_delete { "delete" } else { "write" };
        let message = format!(
            "The scope '{}' cannot perform {verb} operation because following scope(s) are locked: '{}'. \
             Please remove the lock and try again.",
            place.id, held.id
        );
        Err(Refusal::new(409, "ScopeLocked", message))
    }

    fn check_idle(&self, service: &dyn Service, place: &Place) -> Result<(), Refusal> {
        let keys = [place.key(), Key::of(&service.occupies(place))];
        let busy =
            keys.iter().filter_map(|key| self.world.get(key)).any(|resource| self.world.at_work(resource).is_some());
        if busy { Err(service.busy(place)) } else { Ok(()) }
    }

    /// Accepts an operation, if there is one to be.
    fn begin(
        &mut self,
        service: &dyn Service,
        place: &Place,
        lasts: Option<Duration>,
        purpose: Purpose,
        effects: &[Effect],
    ) -> Option<Operation> {
        let mut lasts = lasts?;
        let mut failure = None;
        for effect in effects {
            match effect {
                Effect::Last { seconds } => lasts = Duration::from_secs(*seconds),
                Effect::FailLate { code, message } => failure = Some((code.clone(), message.clone())),
                _ => {}
            }
        }
        let started = self.timer.now();
        let holds = Key::of(&service.occupies(place));
        let operation = Operation {
            id: guid(self.seed(), &format!("operation|{}|{started}|{purpose:?}", place.key().as_str())),
            holds: (holds != place.key()).then_some(holds),
            key: place.key(),
            purpose,
            started,
            ends_at: started.saturating_add(milliseconds(lasts)),
            failure,
            ended: false,
        };
        self.world.make(Change::Operation(operation.clone()));
        if let Some(mut held) = operation.holds.as_ref().and_then(|key| self.world.get(key)).cloned() {
            held.operation = Some(operation.id.clone());
            body::set(&mut held.body, "/properties/provisioningState", Value::from("Updating"));
            self.store(held);
        }
        Some(operation)
    }

    /// Puts what the service made of a write.
    fn write(
        &mut self,
        service: &dyn Service,
        place: &Place,
        prior: Option<Resource>,
        outcome: Outcome,
        operation: Option<&Operation>,
    ) {
        let kind = if service.kind().is_empty() { place.kind.as_str() } else { service.kind() };
        let revision = prior.as_ref().map_or(0, |prior| prior.revision) + 1;
        let mut body = outcome.body;
        body::set(&mut body, "/id", Value::from(place.id.as_str()));
        body::set(&mut body, "/name", Value::from(place.name.as_str()));
        body::set(&mut body, "/type", Value::from(kind));
        if let Some(operation) = operation {
            let state = if operation.purpose == Purpose::Create { "Creating" } else { "Updating" };
            body::set(&mut body, "/properties/provisioningState", Value::from(state));
        }
        if let Some(pointer) = service.etag() {
            body::set(&mut body, pointer, Value::from(self.etag(&place.key(), revision)));
        }
        let created = prior.map_or(self.timer.now(), |prior| prior.created);
        self.store(Resource {
            id: place.id.clone(),
            kind: kind.to_owned(),
            body,
            principals: outcome.principals,
            unique: outcome.unique,
            found_by: outcome.found_by,
            owns: outcome.owns,
            operation: operation.map(|operation| operation.id.clone()),
            revision,
            created,
        });
        for change in outcome.also {
            self.world.make(change);
        }
    }

    fn etag(&self, key: &Key, revision: u32) -> String {
        guid(self.seed(), &format!("etag|{}|{}|{revision}", key.as_str(), self.world.burials(key)))
    }

    /// Somebody else writes the same again: only the etag tells.
    fn touch(&mut self, key: &Key) {
        let Some(mut resource) = self.world.get(key).cloned() else { return };
        resource.revision += 1;
        if let Some(pointer) = service_of(&resource.kind).etag() {
            let etag = self.etag(key, resource.revision);
            body::set(&mut resource.body, pointer, Value::from(etag));
        }
        self.store(resource);
    }

    /// A policy or another writer changes what was just written.
    fn edit_after(&mut self, place: &Place, effects: &[Effect]) {
        for effect in effects {
            if let Effect::EditAfter { merge } = effect {
                self.merge(&place.key(), merge);
            }
        }
    }

    /// Lays a merge patch over a stored body, unchecked; the body as it then is.
    pub(super) fn merge(&mut self, key: &Key, patch: &Value) -> Option<Value> {
        let mut resource = self.world.get(key).cloned()?;
        body::merge(&mut resource.body, patch);
        self.store(resource);
        self.touch(key);
        self.world.get(key).map(|resource| resource.body.clone())
    }

    fn accepted(
        &self,
        request: &Request,
        service: &dyn Service,
        place: &Place,
        operation: Option<&Operation>,
        is_new: bool,
    ) -> Answer {
        let (first, later) = service.statuses();
        let status = if is_new { first } else { later };
        let shown =
            self.world.get(&place.key()).map(|resource| service.show(self.scene(), resource)).unwrap_or_default();
        let Some(operation) = operation else { return Answer::json(status, shown) };
        let retry = self.timer.retry_after(RETRY).to_string();
        match service.style() {
            Style::State => Answer::json(status, shown),
            Style::Location => Answer::empty(202)
                .with("location", self.address(request, place, operation, "operationresults"))
                .with("retry-after", retry),
            Style::AsyncOperation => Answer::json(status, shown)
                .with("azure-asyncoperation", self.address(request, place, operation, "operations"))
                .with("retry-after", retry),
        }
    }

    fn accepted_delete(&self, request: &Request, service: &dyn Service, place: &Place, operation: &str) -> Answer {
        let Some(operation) = self.world.operation(operation) else { return Answer::empty(202) };
        let retry = self.timer.retry_after(RETRY).to_string();
        let location = self.address(request, place, operation, "operationresults");
        let answer = Answer::empty(202).with("location", location).with("retry-after", retry);
        if service.style() == Style::AsyncOperation {
            return answer.with("azure-asyncoperation", self.address(request, place, operation, "operations"));
        }
        answer
    }

    /// Where an operation can be asked about.
    fn address(&self, request: &Request, place: &Place, operation: &Operation, word: &str) -> String {
        let namespace = place.kind.split('/').next().unwrap_or_default();
        let location = self
            .world
            .get(&place.key())
            .and_then(|resource| body::text(&resource.body, "/location"))
            .map_or_else(|| "westeurope".to_owned(), short_location);
        let version = request.parameter("api-version").unwrap_or_default();
        format!(
            "{}/subscriptions/{}/providers/{namespace}/locations/{location}/{word}/{}?api-version={version}",
            request.origin(),
            subscription_of(&place.id),
            operation.id
        )
    }

    /// A resource goes, with all beneath it; what stays behind of them is put.
    fn bury(&mut self, resource: &Resource) {
        let scene = self.scene();
        let gone = std::iter::once(resource).chain(self.world.beneath(&resource.key()));
        let remains: Vec<Change> = gone.flat_map(|gone| service_of(&gone.kind).remains(scene, gone)).collect();
        self.world.make(Change::Remove(resource.key()));
        for change in remains {
            self.world.make(change);
        }
    }

    /// An operation has come to its end.
    fn end(&mut self, mut operation: Operation) {
        operation.ended = true;
        let succeeded = operation.failure.is_none();
        self.world.make(Change::Operation(operation.clone()));
        if let Some(resource) = self.world.get(&operation.key).cloned()
            && operation.purpose == Purpose::Delete
            && succeeded
        {
            self.bury(&resource);
        }
        let ready = if succeeded { "Succeeded" } else { "Failed" };
        for (key, state) in [(Some(&operation.key), ready), (operation.holds.as_ref(), "Succeeded")] {
            let Some(mut resource) = key.and_then(|key| self.world.get(key)).cloned() else { continue };
            resource.operation = None;
            body::set(&mut resource.body, "/properties/provisioningState", Value::from(state));
            self.store(resource);
        }
    }
}

/// What was sent, without what only the service says; a patch is laid over what is there.
fn sent(request: &Request, service: &dyn Service, patched: Option<&Resource>) -> Value {
    let mut sent = request.body.clone();
    if let Some(prior) = patched {
        sent = prior.body.clone();
        body::merge(&mut sent, &request.body);
    }
    if !sent.is_object() {
        sent = Value::Object(serde_json::Map::new());
    }
    for pointer in ["/id", "/name", "/type", "/systemData", "/properties/provisioningState"] {
        body::unset(&mut sent, pointer);
    }
    if let Some(pointer) = service.etag() {
        body::unset(&mut sent, pointer);
    }
    if let Some(location) = body::text(&sent, "/location").map(short_location) {
        body::set(&mut sent, "/location", Value::from(location));
    }
    if sent.get("tags").is_some_and(Value::is_null) {
        body::unset(&mut sent, "/tags");
    }
    sent
}

fn check_match(service: &dyn Service, request: &Request, prior: Option<&Resource>) -> Result<(), Refusal> {
    let Some(pointer) = service.etag() else { return Ok(()) };
    let etag = prior.and_then(|prior| body::text(&prior.body, pointer));
    let wants = |header: &Option<String>| header.as_deref().map(|text| text.trim_matches('"').to_owned());
    let fails = match (wants(&request.if_match), wants(&request.if_none_match)) {
        (Some(wanted), _) => etag.is_none() || (wanted != "*" && Some(wanted.as_str()) != etag),
        (None, Some(unwanted)) => etag.is_some() && (unwanted == "*" || Some(unwanted.as_str()) == etag),
        (None, None) => false,
    };
    if !fails {
        return Ok(());
    }
    let message =
        "The condition of the If-Match or If-None-Match header is not met by the current etag of the resource.";
    Err(Refusal::new(412, "PreconditionFailed", message))
}

/// A tracked resource has a location, and keeps it.
fn check_location(service: &dyn Service, place: &Place, sent: &Value, prior: Option<&Resource>) -> Result<(), Refusal> {
    if !service.is_tracked() {
        return Ok(());
    }
    let location = body::text(sent, "/location").unwrap_or_default();
    let before = prior.and_then(|prior| body::text(&prior.body, "/location"));
    match before {
        _ if location.is_empty() => {
            Err(Refusal::bad("LocationRequired", "The location property is required for this definition."))
        }
        Some(before) if before != location => {
            let is_group = same(&place.kind, crate::simulator::target::GROUPS);
            let code = if is_group { "InvalidResourceGroupLocation" } else { "InvalidResourceLocation" };
            let message = format!(
                "The resource '{}' already exists in location '{before}' in resource group '{}'. A resource with the \
                 same name cannot be created in location '{location}'. Please select a new resource name.",
                place.name,
                place.group_name()
            );
            Err(Refusal::new(409, code, message))
        }
        _ => Ok(()),
    }
}
