//! Reading: one object, or a list of them, in pages.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::simulator::answer::Answer;
use crate::simulator::kubernetes::api::Api;
use crate::simulator::kubernetes::call::Asked;
use crate::simulator::kubernetes::catalog::Kind;
use crate::simulator::kubernetes::object;
use crate::simulator::kubernetes::selector::Selector;
use crate::simulator::kubernetes::status::Failure;
use crate::simulator::kubernetes::store::Spot;
use crate::simulator::kubernetes::table::{Form, partial, table};

impl Api<'_> {
    /// Answers a `get`.
    pub fn read(&self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let object = self.find(kind, &kind.spot(&asked.namespace, &asked.name))?;
        Ok(Answer::json(
            200,
            match Form::of(self.call) {
                Form::Objects => object,
                Form::Metadata => partial(&object),
                Form::Table => {
                    let metadata = json!({"resourceVersion": object::version(&object)});
                    self.table(kind, &[object], &metadata)
                }
            },
        ))
    }

    /// Answers a `list`. All pages tell of the moment that the first one was asked for.
    pub fn list(&self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let selector = self.selector(kind)?;
        let limit =
            self.call.parameter("limit").and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
        let start = self.call.parameter("continue").map(Start::read).transpose()?;
        let revision = start.as_ref().map_or(self.store().revision(), |start| start.revision);
        let all = self.store().of_kind_at(&kind.group, &kind.plural, &asked.namespace, revision).ok_or_else(|| {
            Failure::expired("The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.")
        })?;
        let is_later = |spot: &Spot| {
            start.as_ref().is_none_or(|start| (&spot.namespace, &spot.name) > (&start.namespace, &start.name))
        };
        let mut fitting = all.iter().filter(|(spot, object)| is_later(spot) && selector.fits(object)).peekable();
        let mut items = Vec::new();
        let mut last = None;
        while let Some((spot, object)) = fitting.next_if(|_| limit.is_none_or(|limit| items.len() < limit)) {
            items.push(kind.shown(object.as_ref().clone()));
            last = Some(spot);
        }
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if let Some(last) = last.filter(|_| fitting.peek().is_some()) {
            let (namespace, name) = (last.namespace.clone(), last.name.clone());
            metadata["continue"] = Value::from(Start { revision, namespace, name }.written());
            if selector.is_everything() {
                metadata["remainingItemCount"] = Value::from(fitting.count());
            }
        }
        let (word, version) = (format!("{}List", kind.kind), kind.api_version());
        Ok(Answer::json(
            200,
            match Form::of(self.call) {
                Form::Table => self.table(kind, &items, &metadata),
                Form::Objects => json!({"kind": word, "apiVersion": version, "metadata": metadata, "items": items}),
                Form::Metadata => json!({
                    "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                    "items": items.iter().map(partial).collect::<Vec<_>>(),
                }),
            },
        ))
    }

    fn table(&self, kind: &Kind, objects: &[Value], metadata: &Value) -> Value {
        table(kind, objects, metadata, self.azure.now(), self.call.parameter("includeObject"))
    }

    /// What a list, a watch or a delete of many is about.
    pub fn selector(&self, kind: &Kind) -> Result<Selector, Failure> {
        let selector = Selector::parse(self.call.parameter("labelSelector"), self.call.parameter("fieldSelector"))?;
        let unknown = selector.fields().find(|field| !kind.selects_by(field)).map(str::to_owned);
        match unknown {
            Some(field) => Err(Failure::bad(format!("field label not supported: {field}"))),
            None => Ok(selector),
        }
    }
}

/// Where the next page of a list begins: after this object, as all was after this change.
struct Start {
    revision: u64,
    namespace: String,
    name: String,
}

impl Start {
    fn written(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}/{}/{}", self.revision, self.namespace, self.name))
    }

    fn read(token: &str) -> Result<Self, Failure> {
        let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let parts = text.as_deref().and_then(|text| {
            let (revision, rest) = text.split_once('/')?;
            let (namespace, name) = rest.split_once('/')?;
            Some(Self { revision: revision.parse().ok()?, namespace: namespace.to_owned(), name: name.to_owned() })
        });
        parts.ok_or_else(|| Failure::bad("continue key is not valid"))
    }
}
