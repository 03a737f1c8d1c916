//! The values that environment, variable files and command line give to the variables of all runs.

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;

use super::files::Modules;
use crate::cli::flags::VariableFlags;
use crate::cli::invocation::Invocation;
use crate::cli::variables::{evaluated, option};
use crate::config::test::TestFile;
use crate::config::{Configuration, InputOption, Module, gather_for_tests};
use crate::diagnostic::Diagnostics;
use crate::eval::variables::Given;

/// Values by variable.
type Values = IndexMap<Arc<str>, Given>;

/// What test files are given; those in a folder for tests also what its variable files say.
pub struct Globals {
    root: Values,
    tests: Values,
}

impl Globals {
    /// Those of a file.
    pub fn of(&self, file: &TestFile) -> &Values {
        if file.folder.as_os_str().is_empty() { &self.root } else { &self.tests }
    }
}

/// Gathers them for every variable that the stack or a module of a run declares.
pub fn globals(
    tests: &Path,
    configuration: &Configuration,
    modules: &Modules,
    flags: &VariableFlags,
    invocation: &mut Invocation,
) -> Result<Globals, Diagnostics> {
    let mut declared = Module { folder: configuration.root.folder.clone(), ..Module::default() };
    let all = std::iter::once(configuration).chain(modules.values().flat_map(IndexMap::values));
    for variable in all.flat_map(|configuration| configuration.root.variables.values()) {
        declared.variables.entry(variable.name.clone()).or_insert_with(|| variable.clone());
    }
    let options: Vec<InputOption> = flags.0.iter().map(option).collect();
    let environment: Vec<(String, String)> =
        invocation.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let mut values = |tests: Option<&Path>| {
        let (inputs, mut found) =
            gather_for_tests(&declared, tests, environment.clone(), &options, &mut invocation.sources);
        let values = found.take(evaluated(inputs));
        if found.has_errors() { Err(found) } else { Ok(values) }
    };
    Ok(Globals { root: values(None)?, tests: values(Some(tests))? })
}
