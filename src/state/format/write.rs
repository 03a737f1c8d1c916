//! [`State`] to bytes.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use super::indent;
use super::read::VERSION;
use super::rows::{FileRow, InstanceRow, OutputRow, ResourceRow, row_of_instance};
use crate::address::{InstanceKey, ResourceMode};
use crate::state::{Instance, Resource, ResourceKey, State};

/// The file's bytes: two-space indentation, trailing newline, everything in Terraform's order.
pub fn write(state: &State) -> Vec<u8> {
    let mut resources: Vec<_> = state.resources.iter().map(|(key, resource)| resource_row(key, resource)).collect();
    resources.sort_by(|a, b| (&a.module, &a.mode, &a.kind, &a.name).cmp(&(&b.module, &b.mode, &b.kind, &b.name)));
    let outputs = state.outputs.iter().map(|(name, output)| {
        let row = OutputRow { value: output.value.clone(), ty: output.ty.clone(), sensitive: output.sensitive };
        (name.to_string(), row)
    });
    write_json(&FileRow {
        version: VERSION,
        terraform_version: Cow::Borrowed(&state.terraform_version),
        serial: state.serial,
        lineage: Cow::Borrowed(&state.lineage),
        outputs: outputs.collect(),
        resources,
        check_results: state.check_results.clone(),
    })
}

/// Any JSON as Terraform's commands indent and escape it, with a trailing newline.
pub fn write_json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory fails only for map keys that are no strings, and there are none.
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, GoFormatter::default()));
    debug_assert!(written.is_ok());
    bytes.push(b'\n');
    bytes
}

fn resource_row<'a>(key: &'a ResourceKey, resource: &'a Resource) -> ResourceRow<'a> {
    let mut instances = Vec::with_capacity(resource.instances.len());
    let each_its_own = resource.instances.values().any(|slot| slot.provider.is_some());
    for (key, slot) in &resource.instances {
        let current = slot.current.iter().map(|instance| instance_row(key, None, instance));
        let deposed = slot.deposed.iter().map(|(d, instance)| instance_row(key, Some(d.as_str()), instance));
        let provider = each_its_own.then(|| slot.provider.as_ref().unwrap_or(&resource.provider).to_string());
        instances.extend(current.chain(deposed).map(|mut row| {
            row.provider = provider.clone().map(Cow::Owned);
            row
        }));
    }
    ResourceRow {
        module: Cow::Owned(key.module.to_string()),
        mode: Cow::Borrowed(if key.resource.mode == ResourceMode::Data { "data" } else { "managed" }),
        kind: Cow::Borrowed(&key.resource.kind),
        name: Cow::Borrowed(&key.resource.name),
        provider: if each_its_own { Cow::Borrowed("") } else { Cow::Owned(resource.provider.to_string()) },
        instances,
    }
}

fn instance_row<'a>(key: &InstanceKey, deposed: Option<&'a str>, instance: &'a Instance) -> InstanceRow<'a> {
    let index_key = match key {
        InstanceKey::None => None,
        InstanceKey::Int(index) => Some((*index).into()),
        InstanceKey::String(key) => Some((&**key).into()),
    };
    let mut row = row_of_instance(instance);
    row.index_key = index_key;
    row.deposed = deposed.map(Cow::Borrowed);
    row
}

/// Go's `json.MarshalIndent`: as [`PrettyFormatter`], but `<`, `>`, `&` and the two Unicode line ends are escaped,
/// and raw JSON is indented like the rest.
#[derive(Default)]
struct GoFormatter {
    pretty: PrettyFormatter<'static>,
    depth: usize,
}

impl Formatter for GoFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment)
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        indent::write_indented(writer, fragment, self.depth)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.pretty.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.pretty.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        self.pretty.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth -= 1;
        self.pretty.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(writer)
    }
}

/// Text inside a JSON string, with what Go escapes beyond the rules of JSON.
pub(super) fn write_escaped<W: ?Sized + io::Write>(writer: &mut W, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        let (plain, tail) = rest.split_at(at);
        writer.write_all(plain.as_bytes())?;
        let mut tail = tail.chars();
        if let Some(special) = tail.next() {
            write!(writer, "\\u{:04x}", u32::from(special))?;
        }
        rest = tail.as_str();
    }
    writer.write_all(rest.as_bytes())
}
