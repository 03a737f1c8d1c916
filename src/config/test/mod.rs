//! Test files: `.tftest.hcl` and `.tftest.json`, in the root module's folder and in the folder for tests.

mod files;
mod mock;
mod run;

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::endpoint::Endpoint;
use crate::config::module::{ProviderBlock, ProviderPass, Text};
use crate::config::resource::CheckRule;
use crate::span::Span;
use crate::syntax::tree::{Expression, Reference};

pub use files::{TestFolder, read_test_files};

/// One test file: runs, one after the other, and what they share.
#[derive(Debug, Clone, Default)]
pub struct TestFile {
    /// Its path relative to the root module, as people see it: `tests/network.tftest.hcl`.
    pub name: String,
    /// Its folder, relative to the root module; empty for the root module's own.
    pub folder: PathBuf,
    /// The `variables` block.
    pub variables: IndexMap<Arc<str>, Expression>,
    /// `provider` and `mock_provider` blocks.
    pub providers: Vec<TestProvider>,
    /// `override_resource`, `override_data` and `override_module` blocks.
    pub overrides: Vec<Override>,
    /// `run` blocks, in source order.
    pub runs: Vec<TestRun>,
}

/// A `provider` or `mock_provider` block of a test file.
#[derive(Debug, Clone)]
pub struct TestProvider {
    /// Its name, alias and body; a mock has no body.
    pub block: ProviderBlock,
    /// What a mock answers; `None` for the provider itself.
    pub mock: Option<Mock>,
}

/// What a `mock_provider` block says.
#[derive(Debug, Clone, Default)]
pub struct Mock {
    /// When its values are there, unless an inner block says otherwise.
    pub moment: Moment,
    /// `mock_resource` blocks by kind.
    pub resources: IndexMap<Arc<str>, MockKind>,
    /// `mock_data` blocks by kind.
    pub data: IndexMap<Arc<str>, MockKind>,
    /// Overrides inside of it.
    pub overrides: Vec<Override>,
}

/// A `mock_resource` or `mock_data` block.
#[derive(Debug, Clone)]
pub struct MockKind {
    /// `defaults`: an object of literals.
    pub defaults: Option<Expression>,
    /// When they are there.
    pub moment: Moment,
    /// The block's header.
    pub span: Span,
}

/// When the values of a mock or an override are known: `override_during`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Moment {
    /// After apply, as the values that they stand for.
    #[default]
    Apply,
    /// Already in the plan.
    Plan,
}

/// What is overridden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideKind {
    /// `override_resource`
    Resource,
    /// `override_data`
    Data,
    /// `override_module`
    Module,
}

/// An `override_*` block.
#[derive(Debug, Clone)]
pub struct Override {
    /// Which of the three.
    pub kind: OverrideKind,
    /// `target`
    pub target: Endpoint,
    /// Where that is written.
    pub target_span: Span,
    /// `values`, or `outputs` of a module: an object of literals.
    pub values: Option<Expression>,
    /// When they are there; `None` where the mock around decides.
    pub moment: Option<Moment>,
    /// The block's header.
    pub span: Span,
}

/// Which command a run stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestCommand {
    /// `apply`
    #[default]
    Apply,
    /// `plan`
    Plan,
}

/// `plan_options`
#[derive(Debug, Clone)]
pub struct PlanOptions {
    /// `mode = refresh-only`
    pub refresh_only: bool,
    /// `refresh`
    pub refresh: bool,
    /// `replace`
    pub replace: Vec<(Reference, Span)>,
    /// `target`
    pub targets: Vec<(Reference, Span)>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { refresh_only: false, refresh: true, replace: Vec::new(), targets: Vec::new() }
    }
}

/// A `run` block.
#[derive(Debug, Clone)]
pub struct TestRun {
    /// The label.
    pub name: Arc<str>,
    /// `command`
    pub command: TestCommand,
    /// `plan_options`
    pub options: PlanOptions,
    /// The `variables` block.
    pub variables: IndexMap<Arc<str>, Expression>,
    /// `override_*` blocks, which count before those of the file.
    pub overrides: Vec<Override>,
    /// `providers`: which of the file's the module is given; empty for all.
    pub providers: Vec<ProviderPass>,
    /// `assert` blocks.
    pub asserts: Vec<CheckRule>,
    /// `module`: another module in place of the root module.
    pub module: Option<TestModule>,
    /// `expect_failures`
    pub expect_failures: Vec<(Reference, Span)>,
    /// `state_key`: which state it works on; by default that of its module.
    pub state_key: Option<Text>,
    /// `parallel`: may be carried out beside its neighbours.
    pub parallel: bool,
    /// `snapshot`: the plan's text is compared with a file.
    pub snapshot: Option<Snapshot>,
    /// The block's header.
    pub span: Span,
}

/// `module { source, version }`
#[derive(Debug, Clone)]
pub struct TestModule {
    /// `source`
    pub source: Text,
    /// `version`
    pub version: Option<Text>,
    /// The block's header.
    pub span: Span,
}

/// `snapshot { name }`
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// `name`: the file's, without its ending; by default the run's.
    pub name: Option<Text>,
    /// The block's header.
    pub span: Span,
}
