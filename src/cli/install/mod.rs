//! Bringing modules here that are not folders beside their callers: what `init` and `get` do.
//!
//! Each goes to `.bowline/modules/KEY`; `modules.json` there is Terraform's manifest, `checksums.json` holds what each
//! package was like when it came, so that one that was changed since is fetched again.

mod archive;
mod git;
mod manifest;
mod registry;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::flags::VariableFlags;
use super::invocation::Invocation;
use super::loading;
use super::test::modules_of_runs;
use crate::address::ModulePath;
use crate::config::test::{TestFolder, read_test_files};
use crate::config::{self, Configuration, ModuleCall, ModuleSource};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::constant::Constants;
use manifest::{Manifest, Package};
use registry::Registry;

/// Where packages are put, relative to the root module.
const STORE: &str = ".bowline/modules";

/// Brings all modules of the configuration here, and those of its tests; with `upgrade` the newest that are allowed.
pub fn modules(
    invocation: &mut Invocation,
    upgrade: bool,
    variables: &VariableFlags,
    tests: &TestFolder<'_>,
) -> Result<Configuration, Diagnostics> {
    let environment = invocation.environment.clone();
    let mut installer = Installer {
        manifest: Manifest::read(Path::new(STORE)),
        kept: Manifest::default(),
        registry: Registry::new(environment.clone()),
        fetched: HashMap::new(),
        said: Vec::new(),
        upgrade,
    };
    let functions = crate::eval::templates::Surroundings::default();
    let context = functions.context();
    let (configuration, mut found) = config::load_with(
        Path::new("."),
        &mut invocation.sources,
        &mut Constants::new(&context, super::variables::early(&environment, variables)),
        &mut |call, path| installer.folder(call, path),
    );
    let root = Path::new(".");
    let files = found.take(read_test_files(root, tests, &mut invocation.sources));
    if !found.has_errors() {
        let finder: config::Finder<'_> = &mut |call, path| installer.folder(call, path);
        found.extend(modules_of_runs(root, &files, &mut invocation.sources, finder).1);
    }
    for line in &installer.said {
        invocation.print_line(line);
    }
    if !found.has_errors() {
        found.extend(config::check_providers(&configuration));
    }
    loading::refuse_errors(invocation, found)?;
    installer.kept.write(Path::new(STORE), &configuration)?;
    Ok(configuration)
}

struct Installer {
    /// What was here before.
    manifest: Manifest,
    /// What is needed now.
    kept: Manifest,
    registry: Registry,
    /// Packages that this run has fetched, with what was fetched from where.
    fetched: HashMap<String, PathBuf>,
    said: Vec<String>,
    upgrade: bool,
}

impl Installer {
    /// The folder of a called module, relative to the root module; its package is fetched when it is not here.
    fn folder(&mut self, call: &ModuleCall, path: &ModulePath) -> Result<PathBuf, Diagnostics> {
        let key = path.names().join(".");
        let source = ModuleSource::parse(&call.source.value)
            .map_err(|why| Diagnostic::error("Invalid module source address", why).at(call.source.span))?;
        if let Some(package) = self.present(&key, call) {
            let folder = package.folder.clone();
            self.kept.keep(key, package);
            return Ok(folder);
        }
        self.fetch(&key, call, &source).map_err(|problem| {
            let problem = if problem.subject.is_some() { problem } else { problem.at(call.source.span) };
            problem.into()
        })
    }

    /// What an earlier run fetched, when it is still what is asked for and as it was.
    fn present(&self, key: &str, call: &ModuleCall) -> Option<Package> {
        let package = self.manifest.get(key).filter(|_| !self.upgrade)?;
        let fits = package.source == *call.source.value && allows(call, package.version.as_deref());
        (fits && manifest::checksum(&package.root).ok()? == package.checksum).then(|| package.clone())
    }

    fn fetch(&mut self, key: &str, call: &ModuleCall, source: &ModuleSource) -> Result<PathBuf, Diagnostic> {
        let target = Path::new(STORE).join(key);
        let (version, folder) = match source {
            ModuleSource::Local(path) => return Ok(path.into()),
            ModuleSource::Git(git) => {
                self.said.push(format!("Downloading {} for {key}...", call.source.value));
                self.clone_to(git, &target)?;
                (None, git.folder.clone())
            }
            ModuleSource::Archive { url, folder } => {
                self.said.push(format!("Downloading {url} for {key}..."));
                self.unpack_to(url, &target)?;
                (None, folder.clone())
            }
            ModuleSource::Registry(module) => {
                let release = self.registry.find(module, call.version.as_ref().map(|v| &*v.value))?;
                self.said.push(format!("Downloading {module} {} for {key}...", release.version));
                let inner = self.package(&release.location, &target)?;
                let folder = [inner, module.folder.clone()].into_iter().flatten().collect::<Vec<_>>().join("/");
                (Some(release.version), Some(folder).filter(|folder| !folder.is_empty()))
            }
        };
        let folder = folder.map_or_else(|| target.clone(), |folder| target.join(folder));
        if !folder.is_dir() {
            return Err(Diagnostic::error(
                "Unreadable module subdirectory",
                format!("The package of module {key} has no folder {}.", folder.display()),
            ));
        }
        let checksum = manifest::checksum(&target).map_err(|error| cannot_write(&target, &error))?;
        self.said.push(format!("- {key} in {}", folder.display()));
        let source = call.source.value.to_string();
        self.kept.keep(key.to_owned(), Package { source, version, root: target, folder: folder.clone(), checksum });
        Ok(folder)
    }

    /// Fetches what a registry points at; returns the folder in it.
    fn package(&mut self, location: &str, target: &Path) -> Result<Option<String>, Diagnostic> {
        let refused = |why: String| Diagnostic::error("Module package cannot be fetched", why);
        match ModuleSource::parse(location) {
            Ok(ModuleSource::Git(git)) => {
                self.clone_to(&git, target)?;
                Ok(git.folder)
            }
            Ok(ModuleSource::Archive { url, folder }) => {
                self.unpack_to(&url, target)?;
                Ok(folder)
            }
            Ok(_) => Err(refused(format!("The registry points at {location}, which is neither git nor an archive."))),
            Err(why) => Err(refused(format!("The registry points at {location}. {why}"))),
        }
    }

    /// Clones a repository, once for all modules that are in it.
    fn clone_to(&mut self, git: &config::GitModule, target: &Path) -> Result<(), Diagnostic> {
        let name = format!("{} {}", git.url, git.revision.as_deref().unwrap_or_default());
        self.once(name, target, |_| git::clone(git, target))
    }

    fn unpack_to(&mut self, url: &str, target: &Path) -> Result<(), Diagnostic> {
        self.once(url.to_owned(), target, |registry| {
            let bytes = registry.download(url)?;
            archive::unpack(&bytes, target).map_err(|why| {
                Diagnostic::error("Module package cannot be unpacked", format!("What {url} holds {why}."))
            })
        })
    }

    fn once(
        &mut self,
        name: String,
        target: &Path,
        fetch: impl FnOnce(&Registry) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let fresh = |error: std::io::Error| cannot_write(target, &error);
        if target.exists() {
            std::fs::remove_dir_all(target).map_err(fresh)?;
        }
        std::fs::create_dir_all(target).map_err(fresh)?;
        match self.fetched.get(&name) {
            Some(before) => manifest::copy(before, target).map_err(fresh),
            None => {
                fetch(&self.registry)?;
                self.fetched.insert(name, target.to_owned());
                Ok(())
            }
        }
    }
}

fn allows(call: &ModuleCall, version: Option<&str>) -> bool {
    match (&call.version, version.and_then(config::Version::parse)) {
        (Some(wanted), Some(version)) => config::Constraint::parse(&wanted.value).is_some_and(|c| c.allows(&version)),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error("Module cannot be stored", format!("{} cannot be written: {error}.", path.display()))
}
