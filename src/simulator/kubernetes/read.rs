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

    /// Answers a `list`.
    pub fn list(&self, kind: &Kind, asked: &Asked) -> Result<Answer, Failure> {
        let selector = self.selector()?;
        let limit =
            self.call.parameter("limit").and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
        let start = self.call.parameter("continue").map(next_spot).transpose()?;
        let all = self.store().of_kind(&kind.group, &kind.plural, &asked.namespace);
        let is_later =
            |spot: &Spot| start.as_ref().is_none_or(|start| (&spot.namespace, &spot.name) > (&start.0, &start.1));
        let mut fitting = all.filter(|(spot, object)| is_later(spot) && selector.fits(object)).peekable();
        let mut items = Vec::new();
        let mut last = None;
        while let Some((spot, object)) = fitting.next_if(|_| limit.is_none_or(|limit| items.len() < limit)) {
            items.push(object.as_ref().clone());
            last = Some(spot);
        }
        let mut metadata = json!({"resourceVersion": self.store().revision().to_string()});
        if let Some(last) = last.filter(|_| fitting.peek().is_some()) {
            metadata["continue"] = Value::from(token_after(last));
            metadata["remainingItemCount"] = Value::from(fitting.count());
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
    pub fn selector(&self) -> Result<Selector, Failure> {
        Selector::parse(self.call.parameter("labelSelector"), self.call.parameter("fieldSelector"))
    }
}

fn token_after(spot: &Spot) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}/{}", spot.namespace, spot.name))
}

fn next_spot(token: &str) -> Result<(String, String), Failure> {
    let text = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = text.as_deref().and_then(|text| text.split_once('/'));
    let (namespace, name) = parts.ok_or_else(|| Failure::bad("continue key is not valid"))?;
    Ok((namespace.to_owned(), name.to_owned()))
}
