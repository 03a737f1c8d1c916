//! `local_file` and `local_sensitive_file`: a file on this machine, and their data sources.

use std::fs;
use std::io;
use std::path::Path as FilePath;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::diagnostic::Diagnostic;
use crate::provider::{Attribute, Finding, Kind, Schema, Watch};
use crate::value::{Path, Type, Value};

use super::block;
use super::chance::Chance;
use super::local::{Local, LocalData, with};
use super::random::text;

/// A file that is written.
pub(super) struct File {
    name: &'static str,
    permission: &'static str,
    schema: Schema,
}

/// A file that is read.
pub(super) struct FileData {
    name: &'static str,
    schema: Schema,
}

/// The arguments of which exactly one gives the contents.
const CONTENTS: [&str; 4] = ["content", "content_base64", "sensitive_content", "source"];

const HASHES: [&str; 6] =
    ["content_base64sha256", "content_base64sha512", "content_md5", "content_sha1", "content_sha256", "content_sha512"];

impl File {
    /// `local_file`
    pub(super) fn open() -> Self {
        let mut file = Self::new("local_file", "0777", false);
        let hidden = Attribute { deprecated: Some(INSTEAD.to_owned()), ..sensitive(Attribute::optional(Type::String)) };
        file.schema.block.attributes.insert("sensitive_content".into(), hidden);
        file
    }

    /// `local_sensitive_file`
    pub(super) fn sensitive() -> Self {
        Self::new("local_sensitive_file", "0700", true)
    }

    fn new(name: &'static str, permission: &'static str, is_sensitive: bool) -> Self {
        let content = || {
            let content = Attribute::optional(Type::String);
            if is_sensitive { sensitive(content) } else { content }
        };
        let attributes = [
            ("content", content()),
            ("content_base64", content()),
            ("source", Attribute::optional(Type::String)),
            ("filename", Attribute::required(Type::String)),
            ("file_permission", Attribute::optional_computed(Type::String)),
            ("directory_permission", Attribute::optional_computed(Type::String)),
            ("id", Attribute::computed(Type::String)),
        ];
        let hashes = HASHES.map(|name| (name, Attribute::computed(Type::String)));
        let schema = Schema { version: 0, block: block(attributes.into_iter().chain(hashes)) };
        Self { name, permission, schema }
    }
}

const INSTEAD: &str = "Use the `local_sensitive_file` resource instead.";

fn sensitive(attribute: Attribute) -> Attribute {
    Attribute { sensitive: true, ..attribute }
}

impl FileData {
    /// `data "local_file"`
    pub(super) fn open() -> Self {
        Self::new("local_file", false)
    }

    /// `data "local_sensitive_file"`
    pub(super) fn sensitive() -> Self {
        Self::new("local_sensitive_file", true)
    }

    fn new(name: &'static str, is_sensitive: bool) -> Self {
        let content = || {
            let content = Attribute::computed(Type::String);
            if is_sensitive { sensitive(content) } else { content }
        };
        let attributes = [
            ("filename", Attribute::required(Type::String)),
            ("content", content()),
            ("content_base64", content()),
            ("id", Attribute::computed(Type::String)),
        ];
        let hashes = HASHES.map(|name| (name, Attribute::computed(Type::String)));
        Self { name, schema: Schema { version: 0, block: block(attributes.into_iter().chain(hashes)) } }
    }
}

impl Kind for File {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn validate(&self, config: &Value) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut wrong = |name: &str, summary: &str, detail: String| {
            let diagnostic = Diagnostic::error(summary, detail);
            findings.push(Finding { path: Path::attribute(name), diagnostic });
        };
        let names = CONTENTS.iter().filter(|name| self.schema.block.attributes.contains_key(**name));
        let given = names.clone().filter(|name| config.field(name).is_some_and(|v| !v.is_null())).count();
        if given != 1 {
            let names: Vec<_> = names.copied().collect();
            let detail = format!("Exactly one of these attributes must be configured: [{}]", names.join(","));
            wrong("content", "Invalid Attribute Combination", detail);
        }
        for name in ["file_permission", "directory_permission"] {
            if text(config, name).is_some_and(|mode| permission(mode).is_none()) {
                let detail = format!("{name} must be three or four octal digits, such as \"0644\".");
                wrong(name, "Invalid Attribute Value", detail);
            }
        }
        findings
    }
}

#[async_trait]
impl Local for File {
    fn defaults(&self) -> Vec<(&'static str, Value)> {
        ["file_permission", "directory_permission"].map(|name| (name, Value::string(self.permission))).to_vec()
    }

    fn replaces(&self) -> &'static [&'static str] {
        &[
            "content",
            "content_base64",
            "sensitive_content",
            "source",
            "filename",
            "file_permission",
            "directory_permission",
        ]
    }

    async fn create(&self, planned: &Value, _: &Chance, _: &dyn Watch) -> Result<Value, Diagnostic> {
        let contents = contents(planned)?;
        let name = text(planned, "filename").unwrap_or_default();
        let mode = |name: &str| text(planned, name).and_then(permission);
        write(FilePath::new(name), &contents, mode("file_permission"), mode("directory_permission")).map_err(
            |error| Diagnostic::error("Create local file error", format!("{name} cannot be written: {error}.")),
        )?;
        Ok(with(planned, hashed(&contents)))
    }

    async fn delete(&self, prior: &Value, _: &Chance, _: &dyn Watch) -> Result<(), Diagnostic> {
        let name = text(prior, "filename").unwrap_or_default();
        match fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Diagnostic::error("Delete local file error", format!("{name} cannot be removed: {error}.")))
            }
            _ => Ok(()),
        }
    }

    /// A file that says something else is not the one that was written: it is written anew.
    async fn read(&self, prior: &Value, _: &Chance) -> Result<Option<Value>, Diagnostic> {
        let name = text(prior, "filename").unwrap_or_default();
        match fs::read(name) {
            Ok(contents) => {
                let same = text(prior, "id") == Some(&*hex(&Sha1::digest(&contents)));
                Ok(same.then(|| prior.clone()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Diagnostic::error("Read local file error", format!("{name} cannot be read: {error}."))),
        }
    }
}

impl Kind for FileData {
    fn name(&self) -> &'static str {
        self.name
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }
}

#[async_trait]
impl LocalData for FileData {
    async fn read(&self, config: &Value, _around: &crate::provider::Surroundings) -> Result<Value, Diagnostic> {
        let name = text(config, "filename").unwrap_or_default();
        let contents = fs::read(name)
            .map_err(|error| Diagnostic::error("Read local file data source error", format!("{name}: {error}.")))?;
        let mut known = hashed(&contents);
        known.push(("content", Value::string(String::from_utf8_lossy(&contents).into_owned())));
        known.push(("content_base64", Value::string(BASE64_STANDARD.encode(&contents))));
        Ok(with(config, known))
    }
}

/// What is to be written, from whichever argument has it.
fn contents(planned: &Value) -> Result<Vec<u8>, Diagnostic> {
    if let Some(content) = text(planned, "content").or_else(|| text(planned, "sensitive_content")) {
        return Ok(content.as_bytes().to_vec());
    }
    if let Some(encoded) = text(planned, "content_base64") {
        return BASE64_STANDARD.decode(encoded).map_err(|error| {
            Diagnostic::error("Create local file error", format!("content_base64 is no base64: {error}."))
        });
    }
    let source = text(planned, "source").unwrap_or_default();
    fs::read(source)
        .map_err(|error| Diagnostic::error("Create local file error", format!("{source} cannot be read: {error}.")))
}

fn write(path: &FilePath, contents: &[u8], mode: Option<u32>, folder_mode: Option<u32>) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        if let Some(mode) = folder_mode {
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        }
        builder.create(folder)?;
    }
    // The permissions are set before anything is in the file.
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if let Some(mode) = mode {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    let _ = (mode, folder_mode);
    io::Write::write_all(&mut options.open(path)?, contents)
}

/// Three or four octal digits.
fn permission(text: &str) -> Option<u32> {
    let fits = (3..=4).contains(&text.len()) && text.bytes().all(|b| (b'0'..=b'7').contains(&b));
    fits.then(|| u32::from_str_radix(text, 8).ok())?
}

/// The id and the hashes of some contents.
fn hashed(contents: &[u8]) -> Vec<(&'static str, Value)> {
    let (sha1, sha256, sha512) = (Sha1::digest(contents), Sha256::digest(contents), Sha512::digest(contents));
    let text = |text: String| Value::string(text);
    vec![
        ("id", text(hex(&sha1))),
        ("content_sha1", text(hex(&sha1))),
        ("content_md5", text(hex(&Md5::digest(contents)))),
        ("content_sha256", text(hex(&sha256))),
        ("content_sha512", text(hex(&sha512))),
        ("content_base64sha256", text(BASE64_STANDARD.encode(sha256))),
        ("content_base64sha512", text(BASE64_STANDARD.encode(sha512))),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_octal() {
        assert_eq!(permission("0644"), Some(0o644));
        assert_eq!(permission("700"), Some(0o700));
        for wrong in ["", "64", "0888", "00644", "rw-"] {
            assert_eq!(permission(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn contents_are_hashed_in_every_way() {
        let known = hashed(b"hello");
        let of = |name: &str| known.iter().find(|(n, _)| *n == name).and_then(|(_, v)| v.as_str());
        assert_eq!(of("id"), Some("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
        assert_eq!(of("content_md5"), Some("5d41402abc4b2a76b9719d911017c592"));
        assert_eq!(of("content_base64sha256"), Some("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="));
    }
}
