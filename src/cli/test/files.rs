//! What the tests of a stack consist of: its configuration, the test files, and the modules that their runs name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use crate::address::ModulePath;
use crate::cli::flags::VariableFlags;
use crate::cli::invocation::Invocation;
use crate::cli::loading;
use crate::config::test::{TestFile, TestFolder, TestModule, read_test_files};
use crate::config::{self, Configuration, Installed, ModuleCall, Repetition, is_local};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval;
use crate::eval::constant::Constants;
use crate::span::SourceMap;
use crate::syntax::tree::Body;

/// What there is to be tested, and how.
pub struct Found {
    /// The stack.
    pub configuration: Configuration,
    /// Its test files.
    pub files: Vec<TestFile>,
    /// By test file and run, the module that the run names.
    pub modules: Modules,
}

/// By test file and run, the module that the run names.
pub type Modules = IndexMap<String, IndexMap<Arc<str>, Configuration>>;

/// Reads all of it; every fault of form is told before anything is carried out.
pub fn find(tests: &Path, named: bool, invocation: &mut Invocation) -> Result<Found, Diagnostics> {
    let root = Path::new(".");
    let (environment, flags) = (invocation.environment.clone(), VariableFlags::default());
    let given = crate::cli::variables::early(&environment, &flags);
    let (configuration, mut found) = loading::read(root, &mut invocation.sources, given);
    let folder = TestFolder { path: tests, named };
    let (files, modules) = found.take(read(root, &folder, &mut invocation.sources));
    loading::refuse_errors(invocation, found)?;
    Ok(Found { configuration, files, modules })
}

/// Reads the test files and the modules that their runs name.
pub fn read(root: &Path, folder: &TestFolder<'_>, sources: &mut SourceMap) -> ((Vec<TestFile>, Modules), Diagnostics) {
    let (files, mut found) = read_test_files(root, folder, sources);
    for run in files.iter().flat_map(|file| &file.runs) {
        found.extend(eval::early::check_asserts(&run.asserts));
    }
    let installed = Installed::read(root);
    let modules = found.take(modules_of_runs(root, &files, sources, &mut |call, path| {
        installed.folder(path).ok_or_else(|| {
            let detail = "This module is not yet installed. Run \"bowline init\" to install all modules required by this \
                          configuration.";
            Diagnostic::error("Module not installed", detail).at(call.source.span).into()
        })
    }));
    ((files, modules), found)
}

/// Loads the modules that runs name. `finder` tells where one is that is no folder below the stack's, by the path that
/// Terraform's manifest has for it: `test.FILE.RUN`.
pub fn modules_of_runs(
    root: &Path,
    files: &[TestFile],
    sources: &mut SourceMap,
    finder: config::Finder<'_>,
) -> (Modules, Diagnostics) {
    let mut found = Diagnostics::new();
    let mut modules = Modules::new();
    let functions = eval::templates::Surroundings::default();
    let context = functions.context();
    for file in files {
        for run in &file.runs {
            let Some(module) = &run.module else { continue };
            let above = place(file, &run.name);
            let folder = match folder_of(module, &run.name, &above, finder) {
                Ok(folder) => folder,
                Err(problems) => {
                    found.extend(problems);
                    continue;
                }
            };
            if !root.join(&folder).is_dir() {
                let detail = format!("The folder \"{}\" cannot be read: there is none of that name.", folder.display());
                found.push(Diagnostic::error("Unreadable module directory", detail).at(module.source.span));
                continue;
            }
            let loaded = config::load_part(
                root,
                &folder,
                sources,
                &mut Constants::new(&context, Box::new(|_, _| Default::default())),
                &mut |call, path| {
                    let names = above.names().iter().chain(path.names()).cloned();
                    finder(call, &names.collect())
                },
            );
            let configuration = found.take(loaded);
            modules.entry(file.name.clone()).or_default().insert(run.name.clone(), configuration);
        }
    }
    (modules, found)
}

fn folder_of(
    module: &TestModule,
    run: &Arc<str>,
    above: &ModulePath,
    finder: config::Finder<'_>,
) -> Result<PathBuf, Diagnostics> {
    if is_local(&module.source.value) {
        return Ok(PathBuf::from(&*module.source.value));
    }
    let call = ModuleCall {
        name: run.clone(),
        source: module.source.clone(),
        version: module.version.clone(),
        early: config::EarlyTexts::default(),
        body: Body::default(),
        repetition: Repetition::None,
        enabled: None,
        providers: Vec::new(),
        depends_on: Vec::new(),
        span: module.span,
    };
    finder(&call, above)
}

/// `test`, the file's name without its ending, the run: its place in the manifest of modules.
fn place(file: &TestFile, run: &Arc<str>) -> ModulePath {
    let name = file.name.trim_end_matches(".hcl").trim_end_matches(".json").trim_end_matches(".tftest");
    let names = std::iter::once("test").chain(name.split('/')).map(Arc::from);
    names.chain([run.clone()]).collect()
}
