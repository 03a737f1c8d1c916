//! The lines of a journal.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, ConfigAddress, ProviderAddress};
use crate::provider::Intent;
use crate::state::format::{InstanceRow, instance_from_row, row_of_instance};
use crate::state::{Change, DeposedKey, ObjectAddress};

/// One line.
#[derive(Debug, Clone)]
pub enum Entry {
    /// A run began.
    Start(RunStart),
    /// A request that changes something is about to be sent.
    Intent {
        /// For which object.
        object: ObjectAddress,
        /// As part of which action.
        action: WriteAction,
        /// Whose object it is.
        provider: ProviderAddress,
        /// The request.
        intent: Intent,
    },
    /// The service accepted the object's last request and goes on working.
    Operation {
        /// For which object.
        object: ObjectAddress,
        /// Where to ask for its end.
        url: String,
    },
    /// What is recorded changes. A put or removal ends the object's intents.
    Change(Change),
    /// The write of an object ended and what is recorded of it stays: its intents are settled.
    Settled {
        /// Which.
        object: ObjectAddress,
    },
    /// Everything so far is about to be part of the state file.
    Saved {
        /// SHA-256 of that file's bytes in hexadecimal.
        digest: String,
    },
}

/// Who began a run, on what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunStart {
    /// `user@host`
    pub who: String,
    /// Since when, RFC 3339.
    pub created: String,
    /// Identifies the plan that is carried out.
    pub plan_digest: String,
    /// The lineage of the state that the journal's changes build on.
    pub lineage: String,
    /// Its serial.
    pub serial: u64,
    /// Whether the backend has the journal too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
}

/// What a write does to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteAction {
    /// Makes it.
    Create,
    /// Changes it in place.
    Update,
    /// Removes it.
    Delete,
}

impl RunStart {
    /// A run of this process, now, on a state of that lineage and serial.
    pub fn new(plan_digest: &str, lineage: &str, serial: u64) -> Self {
        Self {
            who: crate::state::lock::who(),
            created: jiff::Timestamp::now().to_string(),
            plan_digest: plan_digest.into(),
            lineage: lineage.into(),
            serial,
            mirrored: false,
        }
    }
}

impl fmt::Display for WriteAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

/// The JSON of a line. One flat object, because serde's tagged enums would read the attributes into a tree first.
#[derive(Default, Serialize, Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    address: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    deposed: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start: Option<RunStart>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<WriteAction>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    digest: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    provider: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    instance: Option<InstanceRow<'a>>,
}

const BEFORE_SUM: &[u8] = b"{\"sum\":\"";
const AFTER_SUM: &[u8] = b"\",\"entry\":";

/// The bytes of a line, with its end.
pub(super) fn to_line(entry: &Entry) -> Vec<u8> {
    let row = serde_json::to_vec(&to_row(entry)).unwrap_or_default();
    let mut line = Vec::with_capacity(row.len() + 32);
    line.extend_from_slice(BEFORE_SUM);
    line.extend_from_slice(checksum(&row).as_bytes());
    line.extend_from_slice(AFTER_SUM);
    line.extend_from_slice(&row);
    line.extend_from_slice(b"}\n");
    line
}

/// Reads a line without its end; `None` when it is torn, damaged or not one of ours.
pub(super) fn from_line(line: &[u8]) -> Option<Entry> {
    let rest = line.strip_prefix(BEFORE_SUM)?;
    let (sum, rest) = rest.split_at_checked(8)?;
    let row = rest.strip_prefix(AFTER_SUM)?.strip_suffix(b"}")?;
    if checksum(row).as_bytes() != sum {
        return None;
    }
    from_row(serde_json::from_slice(row).ok()?)
}

fn checksum(bytes: &[u8]) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    format!("{:08x}", crc.sum())
}

fn to_row(entry: &Entry) -> Row<'_> {
    match entry {
        Entry::Start(start) => Row { event: "start".into(), start: Some(start.clone()), ..Row::default() },
        Entry::Intent { object, action, provider, intent } => Row {
            action: Some(*action),
            provider: Some(provider.to_string().into()),
            method: Some(intent.method.into()),
            id: Some((&*intent.id).into()),
            version: Some((&*intent.version).into()),
            digest: Some((&*intent.digest).into()),
            ..object_row("intent", object)
        },
        Entry::Operation { object, url } => Row { url: Some(url.into()), ..object_row("operation", object) },
        Entry::Change(Change::Put { object, provider, instance }) => Row {
            provider: Some(provider.to_string().into()),
            instance: Some(row_of_instance(instance)),
            ..object_row("put", object)
        },
        Entry::Change(Change::Remove { object }) => object_row("remove", object),
        Entry::Change(Change::Depose { address, key }) => row_of("depose", address, Some(key)),
        Entry::Change(Change::Restore { address, key }) => row_of("restore", address, Some(key)),
        Entry::Settled { object } => object_row("settled", object),
        Entry::Saved { digest } => Row { event: "saved".into(), digest: Some(digest.into()), ..Row::default() },
    }
}

fn object_row<'a>(event: &'static str, object: &'a ObjectAddress) -> Row<'a> {
    row_of(event, &object.address, object.deposed.as_ref())
}

fn row_of<'a>(event: &'static str, address: &Address, deposed: Option<&'a DeposedKey>) -> Row<'a> {
    Row {
        event: event.into(),
        address: Some(address.to_string().into()),
        deposed: deposed.map(|key| key.as_str().into()),
        ..Row::default()
    }
}

fn from_row(mut row: Row<'_>) -> Option<Entry> {
    match &*row.event {
        "start" => return row.start.map(Entry::Start),
        "saved" => return Some(Entry::Saved { digest: row.digest?.into_owned() }),
        _ => {}
    }
    let object = object_of(&row)?;
    Some(match &*row.event {
        "intent" => Entry::Intent {
            object,
            action: row.action?,
            provider: ProviderAddress::parse(&row.provider?)?,
            intent: Intent {
                method: method_of(&row.method?)?,
                id: row.id?.into_owned(),
                version: row.version?.into_owned(),
                digest: row.digest?.into_owned(),
            },
        },
        "operation" => Entry::Operation { object, url: row.url?.into_owned() },
        "put" => Entry::Change(Change::Put {
            object,
            provider: ProviderAddress::parse(&row.provider?)?,
            instance: Arc::new(instance_from_row(row.instance.take()?, ConfigAddress::parse).ok()?),
        }),
        "remove" => Entry::Change(Change::Remove { object }),
        "depose" => Entry::Change(Change::Depose { address: object.address, key: object.deposed? }),
        "restore" => Entry::Change(Change::Restore { address: object.address, key: object.deposed? }),
        "settled" => Entry::Settled { object },
        _ => return None,
    })
}

fn object_of(row: &Row<'_>) -> Option<ObjectAddress> {
    let deposed = match &row.deposed {
        None => None,
        Some(text) => Some(DeposedKey::parse(text)?),
    };
    Some(ObjectAddress { address: Address::parse(row.address.as_deref()?)?, deposed })
}

fn method_of(text: &str) -> Option<&'static str> {
    ["PUT", "PATCH", "POST", "DELETE"].into_iter().find(|method| *method == text)
}
