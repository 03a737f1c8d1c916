//! Where a module comes from: a folder beside its caller, a registry, a git repository, an archive.

use std::fmt;

use crate::config::module::Text;
use crate::config::version::Constraint;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The registry of modules whose source names no host.
pub const PUBLIC_REGISTRY: &str = "registry.terraform.io";

/// The whole source address of a provider: `azurerm` and `hashicorp/azurerm` are short for `registry.terraform.io/hashicorp/azurerm`.
pub fn full_source(source: &str) -> String {
    match source.split('/').count() {
        1 => format!("{PUBLIC_REGISTRY}/hashicorp/{source}"),
        2 => format!("{PUBLIC_REGISTRY}/{source}"),
        _ => source.to_owned(),
    }
    .to_lowercase()
}

/// A module's source, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleSource {
    /// `./a`, `../b`
    Local(String),
    /// `[HOST/]NAMESPACE/NAME/SYSTEM[//FOLDER]`
    Registry(RegistryModule),
    /// A git repository.
    Git(GitModule),
    /// A file to be fetched and unpacked.
    Archive {
        /// Its address.
        url: String,
        /// The folder in it.
        folder: Option<String>,
    },
}

/// A module of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryModule {
    /// The registry's host, with its port if it has one.
    pub host: String,
    /// `NAMESPACE/NAME/SYSTEM`
    pub name: String,
    /// The folder in the package.
    pub folder: Option<String>,
}

/// A module in a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitModule {
    /// What git clones.
    pub url: String,
    /// `ref`: a branch, a tag or a commit.
    pub revision: Option<String>,
    /// The folder in the repository.
    pub folder: Option<String>,
}

/// Ways to fetch a package that nobody has here.
const UNKNOWN_WAYS: [&str; 4] = ["hg::", "s3::", "gcs::", "oci://"];

impl ModuleSource {
    /// Takes a source apart.
    ///
    /// # Errors
    /// Why it is none, in a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("The source of a module cannot be empty.".to_owned());
        }
        if text.starts_with("./") || text.starts_with("../") || text == "." || text == ".." {
            return Ok(Self::Local(text.to_owned()));
        }
        if let Some(way) = UNKNOWN_WAYS.iter().find(|way| text.starts_with(**way)) {
            return Err(format!("Modules cannot be fetched by {way} here; use git, a registry or a folder."));
        }
        let (package, folder) = split_folder(text);
        if let Some(address) = package.strip_prefix("git::") {
            return Ok(Self::Git(git(address, folder)));
        }
        for host in ["github.com/", "bitbucket.org/", "gitlab.com/"] {
            if let Some(rest) = package.strip_prefix(host) {
                let (path, query) = rest.split_once('?').map_or((rest, ""), |(path, query)| (path, query));
                let mut parts = path.splitn(3, '/');
                let (Some(owner), Some(name)) = (parts.next(), parts.next()) else { break };
                let inner = parts.next().map(str::to_owned);
                let name = name.trim_end_matches(".git");
                return Ok(Self::Git(git(&format!("https://{host}{owner}/{name}.git?{query}"), folder.or(inner))));
            }
        }
        if package.starts_with("git@") || package.starts_with("ssh://") {
            return Ok(Self::Git(git(&package, folder)));
        }
        if package.starts_with("https://") || package.starts_with("http://") {
            let is_repository = package.split('?').next().is_some_and(|path| path.ends_with(".git"));
            return Ok(if is_repository {
                Self::Git(git(&package, folder))
            } else {
                Self::Archive { url: package, folder }
            });
        }
        registry(&package, folder).map(Self::Registry).ok_or_else(|| {
            format!(
                "It is not plain how to fetch the module package \"{text}\". If this is meant as a path relative to the \
                 current module, write \"./{text}\"."
            )
        })
    }
}

impl fmt::Display for RegistryModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.name)?;
        self.folder.iter().try_for_each(|folder| write!(f, "//{folder}"))
    }
}

/// Reports a source that is none, and a version where there cannot be one.
pub fn check_source(source: &Text, version: Option<&Text>, diagnostics: &mut Diagnostics) {
    if let Some(version) = version.filter(|version| Constraint::parse(&version.value).is_none()) {
        let detail = "This string does not use correct version constraint syntax, such as \"~> 1.2\".";
        diagnostics.error_at(version.span, "Invalid version constraint", detail);
    }
    match ModuleSource::parse(&source.value) {
        Ok(ModuleSource::Registry(_)) => {}
        Ok(_) if version.is_some() => {
            let detail = format!(
                "The argument \"version\" applies only to modules of a registry, and \"{}\" is none.",
                source.value
            );
            diagnostics.error_at(source.span, "Invalid registry module source address", detail);
        }
        Ok(_) => {}
        Err(why) => diagnostics.push(Diagnostic::error("Invalid module source address", why).at(source.span)),
    }
}

/// `package//folder?query` to `package?query` and the folder. The slashes behind a scheme are none.
fn split_folder(text: &str) -> (String, Option<String>) {
    let begin = text.find("://").map_or(0, |at| at + 3);
    let (address, query) = text.split_once('?').map_or((text, None), |(address, query)| (address, Some(query)));
    let Some(at) = address.get(begin..).and_then(|rest| rest.find("//")).map(|at| at + begin) else {
        return (text.to_owned(), None);
    };
    let folder = address[at + 2..].trim_matches('/').to_owned();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    (format!("{}{query}", &address[..at]), Some(folder).filter(|folder| !folder.is_empty()))
}

fn git(address: &str, folder: Option<String>) -> GitModule {
    let (address, query) = address.split_once('?').map_or((address, ""), |(address, query)| (address, query));
    let mut revision = None;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=') {
            Some(("ref", name)) => revision = Some(name.to_owned()),
            Some(("depth", _)) => {}
            _ => others.push(pair),
        }
    }
    let query = if others.is_empty() { String::new() } else { format!("?{}", others.join("&")) };
    GitModule { url: format!("{address}{query}"), revision, folder }
}

fn registry(package: &str, folder: Option<String>) -> Option<RegistryModule> {
    let parts: Vec<&str> = package.split('/').collect();
    let word =
        |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let (host, name) = match parts.as_slice() {
        [_, _, _] => (PUBLIC_REGISTRY, parts.as_slice()),
        [host, rest @ ..] if rest.len() == 3 && (host.contains('.') || host.contains(':')) => (*host, rest),
        _ => return None,
    };
    let named = name.iter().all(word);
    named.then(|| RegistryModule { host: host.to_owned(), name: name.join("/"), folder })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn git_source(url: &str, revision: Option<&str>, folder: Option<&str>) -> ModuleSource {
        let own = |text: Option<&str>| text.map(str::to_owned);
        ModuleSource::Git(GitModule { url: url.into(), revision: own(revision), folder: own(folder) })
    }

    fn registry_source(host: &str, name: &str, folder: Option<&str>) -> ModuleSource {
        let folder = folder.map(str::to_owned);
        ModuleSource::Registry(RegistryModule { host: host.into(), name: name.into(), folder })
    }

    #[test]
    fn sources_are_taken_apart_as_in_terraform() {
        for (text, source) in [
            ("../a", ModuleSource::Local("../a".into())),
            ("Azure/aks/azurerm", registry_source(PUBLIC_REGISTRY, "Azure/aks/azurerm", None)),
            ("tf.example.com/a/b/c//modules/x", registry_source("tf.example.com", "a/b/c", Some("modules/x"))),
            ("localhost:8080/a/b/c", registry_source("localhost:8080", "a/b/c", None)),
            ("git::https://h/r.git//sub/x?ref=v1", git_source("https://h/r.git", Some("v1"), Some("sub/x"))),
            ("git::ssh://git@h/r.git?depth=1", git_source("ssh://git@h/r.git", None, None)),
            ("git@h:o/r.git?ref=main", git_source("git@h:o/r.git", Some("main"), None)),
            ("github.com/o/r//s?ref=v2", git_source("https://github.com/o/r.git", Some("v2"), Some("s"))),
            ("https://h/r.git", git_source("https://h/r.git", None, None)),
            (
                "https://h/a.tar.gz//x?sum=1",
                ModuleSource::Archive { url: "https://h/a.tar.gz?sum=1".into(), folder: Some("x".into()) },
            ),
        ] {
            assert_eq!(ModuleSource::parse(text).unwrap(), source, "{text}");
        }
        for text in ["", "name", "a/b", "a b/c/d", "s3::https://x/y"] {
            assert!(ModuleSource::parse(text).is_err(), "{text}");
        }
    }
}
