//! The tree of modules: a folder, the modules that it calls, and so on down.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::address::ModulePath;
use crate::config::Configuration;
use crate::config::content::did_you_mean;
use crate::config::declare::{Declarer, FILE};
use crate::config::folder::read_folder;
use crate::config::installed::Installed;
use crate::config::module::{Module, ModuleCall};
use crate::config::overrides;
use crate::config::preferences;
use crate::config::version::check_required;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax::tree::Body;

/// What is checked of a module as soon as it has been read, beside its form.
pub type ModuleCheck<'a> = &'a dyn Fn(&Module) -> Diagnostics;

/// Reads the root module in `folder` and every module that it calls, directly or not. What could be read is in the
/// configuration even if there are errors; with an error in the root module, that is all. Sources are named relative
/// to `folder`.
pub fn load(folder: &Path, sources: &mut SourceMap, check: ModuleCheck<'_>) -> (Configuration, Diagnostics) {
    let mut installed = None;
    load_with(folder, sources, check, &mut |call, path| {
        let installed = installed.get_or_insert_with(|| Installed::read(folder));
        installed.folder(path).ok_or_else(|| {
            let detail = "This module is not yet installed. Run \"bowline init\" to install all modules required by this \
                          configuration.";
            Diagnostic::error("Module not installed", detail).at(call.source.span).into()
        })
    })
}

/// Tells where the module of a call is that is no folder beside its caller, relative to the root module.
pub type Finder<'a> = &'a mut dyn FnMut(&ModuleCall, &ModulePath) -> Result<PathBuf, Diagnostics>;

/// [`load`] where somebody else finds the modules that are not beside their callers.
pub fn load_with(
    folder: &Path,
    sources: &mut SourceMap,
    check: ModuleCheck<'_>,
    finder: Finder<'_>,
) -> (Configuration, Diagnostics) {
    load_part(folder, Path::new(""), sources, check, finder)
}

/// Reads the module in a folder below `root`, and those that it calls, as a configuration of its own. Sources are named
/// relative to `root`, and what a finder tells is relative to it too.
pub fn load_part(
    root: &Path,
    part: &Path,
    sources: &mut SourceMap,
    check: ModuleCheck<'_>,
    finder: Finder<'_>,
) -> (Configuration, Diagnostics) {
    let mut loader = Loader {
        root: root.to_path_buf(),
        sources,
        check,
        finder,
        diagnostics: Diagnostics::new(),
        declared: HashMap::new(),
    };
    let folder = if part.as_os_str().is_empty() { root.to_path_buf() } else { normal(&root.join(part)) };
    let shown = normal(part);
    let root = match loader.declare(&folder, &shown) {
        Ok(module) if loader.diagnostics.has_errors() => module,
        Ok(module) => loader.with_children(module, &shown, &[]),
        Err(error) => {
            let detail = format!("The folder {} could not be read: {error}.", folder.display());
            loader.diagnostics.push(Diagnostic::error("Failed to read module directory", detail));
            Module { folder, ..Module::default() }
        }
    };
    let preferences = preferences::read(&loader.root, loader.sources, &mut loader.diagnostics);
    let configuration = Configuration { root, preferences };
    let mut found = loader.diagnostics;
    if !found.has_errors() {
        configuration.modules().for_each(|module| found.extend(check_required(module)));
    }
    (configuration, found)
}

/// Reports the arguments of module calls that the called modules do not take, and those that they miss.
pub fn check_calls(configuration: &Configuration) -> Diagnostics {
    let mut found = Diagnostics::new();
    for module in configuration.modules() {
        for call in module.calls.values() {
            for nested in &call.body.blocks {
                let detail = format!("Blocks of type \"{}\" are not expected here.", nested.kind.name);
                found.error_at(nested.kind.span, "Unsupported block type", detail);
            }
            if let Some(child) = module.children.get(&call.name) {
                check_arguments(call, child, &mut found);
            }
        }
    }
    found
}

/// A call gives every variable without a default, and no others.
fn check_arguments(call: &ModuleCall, child: &Module, found: &mut Diagnostics) {
    for argument in &call.body.attributes {
        let name = &argument.name.name;
        if !child.variables.contains_key(name) {
            let hint = did_you_mean(name, child.variables.keys().map(Arc::as_ref));
            let detail = format!("An argument named \"{name}\" is not expected here.{hint}");
            found.error_at(argument.name.span, "Unsupported argument", detail);
        }
    }
    let place = call.body.span.map_or(call.span, |body| Span { end: body.start, ..body });
    for variable in child.variables.values().filter(|v| v.default.is_none()) {
        if call.body.attribute(&variable.name).is_none() {
            let detail = format!("The argument \"{}\" is required, but no definition was found.", variable.name);
            found.error_at(place, "Missing required argument", detail);
        }
    }
}

struct Loader<'a> {
    root: PathBuf,
    sources: &'a mut SourceMap,
    check: ModuleCheck<'a>,
    finder: Finder<'a>,
    diagnostics: Diagnostics,
    /// What each folder declares, without a place in the tree: a folder that is called again is not read again.
    declared: HashMap<PathBuf, Module>,
}

impl Loader<'_> {
    /// What the files of a called module's folder declare, read once however often it is called.
    fn declare_called(&mut self, folder: &Path, shown: &Path) -> std::io::Result<Module> {
        let key = folder.canonicalize()?;
        if let Some(module) = self.declared.get(&key) {
            return Ok(module.clone());
        }
        let module = self.declare(folder, shown)?;
        self.declared.insert(key, module.clone());
        Ok(module)
    }

    /// What the files of a folder declare.
    fn declare(&mut self, folder: &Path, shown: &Path) -> std::io::Result<Module> {
        let files = read_folder(folder, shown, self.sources, &mut self.diagnostics)?;
        let mut base = self.top_level_blocks(files.primary);
        let over = self.top_level_blocks(files.overrides);
        overrides::apply(&mut base, over, &mut self.diagnostics);
        let empty = Module { folder: folder.to_path_buf(), ..Module::default() };
        let mut declarer = Declarer::new(empty, self.sources);
        for block in base {
            declarer.block(block);
        }
        let Declarer { module, diagnostics, .. } = declarer;
        self.diagnostics.extend(diagnostics);
        self.diagnostics.extend((self.check)(&module));
        Ok(module)
    }

    fn top_level_blocks(&mut self, bodies: Vec<Body>) -> Vec<crate::syntax::tree::Block> {
        let mut blocks = Vec::new();
        for body in bodies {
            let Some(span) = body.span else { continue };
            blocks.extend(FILE.content(body, span, &mut self.diagnostics).all_blocks());
        }
        blocks
    }

    /// Loads the modules that a module calls. `above` are the folders of its callers.
    fn with_children(&mut self, mut module: Module, shown: &Path, above: &[PathBuf]) -> Module {
        let mut chain = above.to_vec();
        chain.extend(module.folder.canonicalize());
        let calls: Vec<ModuleCall> = module.calls.values().cloned().collect();
        for call in calls {
            let path = module.path.child(&call.name);
            if let Some(child) = self.child(&module.folder, shown, &call, path, &chain) {
                module.children.insert(call.name, child);
            }
        }
        module
    }

    fn child(
        &mut self,
        caller: &Path,
        caller_shown: &Path,
        call: &ModuleCall,
        path: ModulePath,
        chain: &[PathBuf],
    ) -> Option<Module> {
        let (folder, shown) = if is_local(&call.source.value) {
            let source = Path::new(&*call.source.value);
            (normal(&caller.join(source)), normal(&caller_shown.join(source)))
        } else {
            let relative = match (self.finder)(call, &path) {
                Ok(relative) => relative,
                Err(problems) => {
                    self.diagnostics.extend(problems);
                    return None;
                }
            };
            (self.root.join(&relative), relative)
        };
        if folder.canonicalize().is_ok_and(|real| chain.contains(&real)) {
            let detail = format!(
                "The module in \"{}\" is called from within itself, so the tree of modules would have no end.",
                shown.display()
            );
            self.diagnostics.error_at(call.source.span, "Module calls itself", detail);
            return None;
        }
        match self.declare_called(&folder, &shown) {
            Ok(mut module) => {
                module.path = path;
                module.folder = folder;
                self.check_child(&module);
                Some(self.with_children(module, &shown, chain))
            }
            Err(error) => {
                let detail = format!("The folder \"{}\" could not be read: {error}.", shown.display());
                self.diagnostics.error_at(call.source.span, "Unreadable module directory", detail);
                None
            }
        }
    }

    /// What only a root module may hold.
    fn check_child(&mut self, module: &Module) {
        if let Some(backend) = &module.backend {
            let detail = "Only the root module says where state is kept. This block is ignored.";
            let warning = Diagnostic::warning("Backend configuration ignored", detail).at(backend.block.header);
            self.diagnostics.push(warning);
        }
        for import in &module.imports {
            let detail =
                format!("An import block was found in {}. They are only allowed in the root module.", module.path);
            self.diagnostics.error_at(import.span, "Invalid import configuration", detail);
        }
    }
}

/// Whether a module's source is a folder beside its caller.
pub fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

/// The path without `.` and, where a name goes before it, without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(normal.components().next_back(), Some(Component::Normal(_))) => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
