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
use crate::config::module::{EarlyTexts, Module, ModuleCall, Text};
use crate::config::overrides;
use crate::config::preferences;
use crate::config::provider_rules;
use crate::config::source::check_source;
use crate::config::version::check_required;
use crate::config::workload;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax::tree::{Body, Expression};

/// What can be told of modules while the tree is read, by whoever can evaluate.
pub trait Early {
    /// What is wrong with a module on its own, beside its form.
    fn check(&self, module: &Module) -> Diagnostics;

    /// A `source` or `version` that is no literal.
    fn text(
        &mut self,
        caller: &Caller<'_>,
        expression: &Expression,
        sources: &mut SourceMap,
    ) -> Result<Text, Diagnostics>;
}

/// A module whose calls are being followed, and how it was come to.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a> {
    /// The module, without those that it calls.
    pub module: &'a Module,
    /// The call that led to it and the module with that call; nothing for the root.
    pub above: Option<(&'a ModuleCall, &'a Caller<'a>)>,
}

/// Reads the root module in `folder` and every module that it calls, directly or not. What could be read is in the
/// configuration even if there are errors; with an error in the root module, that is all. Sources are named relative
/// to `folder`.
pub fn load(folder: &Path, sources: &mut SourceMap, early: &mut dyn Early) -> (Configuration, Diagnostics) {
    let mut installed = None;
    load_with(folder, sources, early, &mut |call, path| {
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
    early: &mut dyn Early,
    finder: Finder<'_>,
) -> (Configuration, Diagnostics) {
    load_part(folder, Path::new(""), sources, early, finder)
}

/// Reads the module in a folder below `root`, and those that it calls, as a configuration of its own. Sources are named
/// relative to `root`, and what a finder tells is relative to it too.
pub fn load_part(
    root: &Path,
    part: &Path,
    sources: &mut SourceMap,
    early: &mut dyn Early,
    finder: Finder<'_>,
) -> (Configuration, Diagnostics) {
    let mut loader = Loader {
        root: root.to_path_buf(),
        sources,
        early,
        finder,
        diagnostics: Diagnostics::new(),
        declared: HashMap::new(),
    };
    let folder = if part.as_os_str().is_empty() { root.to_path_buf() } else { normal(&root.join(part)) };
    let shown = normal(part);
    let root = match loader.declare(&folder, &shown) {
        Ok(module) if loader.diagnostics.has_errors() => module,
        Ok(module) => loader.with_children(module, &shown, &[], None),
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
    found.extend(provider_rules::check(configuration));
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
    early: &'a mut dyn Early,
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
        self.diagnostics.extend(self.early.check(&module));
        Ok(module)
    }

    /// The module that blocks of the kind `bowline_workload` stand for.
    fn brought_along(&mut self) -> Module {
        let key = PathBuf::from(workload::SHOWN);
        if let Some(module) = self.declared.get(&key) {
            return module.clone();
        }
        let source = self.sources.add(workload::SHOWN, None, workload::TEXT);
        let body = self.diagnostics.take(crate::syntax::parse(source, workload::TEXT));
        let blocks = self.top_level_blocks(vec![body]);
        let mut declarer = Declarer::new(Module::default(), self.sources);
        for block in blocks {
            declarer.block(block);
        }
        let Declarer { module, diagnostics, .. } = declarer;
        self.diagnostics.extend(diagnostics);
        self.declared.insert(key, module.clone());
        module
    }

    fn top_level_blocks(&mut self, bodies: Vec<Body>) -> Vec<crate::syntax::tree::Block> {
        let mut blocks = Vec::new();
        for body in bodies {
            let Some(span) = body.span else { continue };
            blocks.extend(FILE.content(body, span, &mut self.diagnostics).all_blocks());
        }
        blocks
    }

    /// Loads the modules that a module calls. `folders` are those of its callers, `above` is the nearest of them.
    fn with_children(
        &mut self,
        mut module: Module,
        shown: &Path,
        folders: &[PathBuf],
        above: Option<(&ModuleCall, &Caller<'_>)>,
    ) -> Module {
        let mut chain = folders.to_vec();
        chain.extend(module.folder.canonicalize());
        let mut calls = module.calls.clone();
        let caller = Caller { module: &module, above };
        let mut children = Vec::new();
        for call in calls.values_mut() {
            if self.evaluate_early(call, &caller)
                && let Some(child) = self.child(&caller, shown, call, &chain)
            {
                children.push((call.name.clone(), child));
            }
        }
        module.calls = calls;
        module.children.extend(children);
        module
    }

    /// Finds the source and the version of a call that are no literals. False with an error.
    fn evaluate_early(&mut self, call: &mut ModuleCall, caller: &Caller<'_>) -> bool {
        if call.early.is_empty() {
            return true;
        }
        let mut found = Diagnostics::new();
        let mut text = |expression: &Expression| match self.early.text(caller, expression, self.sources) {
            Ok(text) => Some(text),
            Err(problems) => {
                found.extend(problems);
                None
            }
        };
        let EarlyTexts { source, version } = std::mem::take(&mut call.early);
        let (source, version) = (source.as_ref().and_then(&mut text), version.as_ref().and_then(&mut text));
        call.source = source.unwrap_or_else(|| call.source.clone());
        call.version = version.or_else(|| call.version.clone());
        if !found.has_errors() {
            check_source(&call.source, call.version.as_ref(), &mut found);
        }
        let sound = !found.has_errors();
        self.diagnostics.extend(found);
        sound
    }

    fn child(
        &mut self,
        caller: &Caller<'_>,
        caller_shown: &Path,
        call: &ModuleCall,
        chain: &[PathBuf],
    ) -> Option<Module> {
        let path = caller.module.path.child(&call.name);
        if workload::is_workload(call) {
            let folder = caller.module.folder.clone();
            let mut module = self.brought_along();
            (module.path, module.folder) = (path, folder);
            return Some(module);
        }
        let (folder, shown) = if is_local(&call.source.value) {
            let source = Path::new(&*call.source.value);
            (normal(&caller.module.folder.join(source)), normal(&caller_shown.join(source)))
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
                Some(self.with_children(module, &shown, chain, Some((call, caller))))
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
