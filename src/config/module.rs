//! One module: everything that the files of one folder declare.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::address::{ModulePath, ResourceAddress};
use crate::config::encryption::EncryptionBlock;
use crate::config::resource::{CheckRule, ProviderRef, Repetition, Resource};
use crate::config::variable::Variable;
use crate::span::Span;
use crate::syntax::tree::{Block, Body, Expression, Reference};

/// The declarations of one folder, in the place in the tree where it is called from. A folder that is called
/// twice is two modules.
#[derive(Debug, Clone, Default)]
pub struct Module {
    /// Where in the tree.
    pub path: ModulePath,
    /// The folder: `path.module`.
    pub folder: PathBuf,
    /// `variable` blocks by name.
    pub variables: IndexMap<Arc<str>, Variable>,
    /// Entries of `locals` blocks by name.
    pub locals: IndexMap<Arc<str>, Local>,
    /// `output` blocks by name.
    pub outputs: IndexMap<Arc<str>, Output>,
    /// `resource`, `data` and `ephemeral` blocks, and the `data` blocks inside `check` blocks.
    pub resources: IndexMap<ResourceAddress, Box<Resource>, FxBuildHasher>,
    /// `module` blocks by name.
    pub calls: IndexMap<Arc<str>, ModuleCall>,
    /// The called modules, by the name of the call. A call whose module could not be loaded is missing here.
    pub children: IndexMap<Arc<str>, Module>,
    /// `provider` blocks, in source order.
    pub providers: Vec<ProviderBlock>,
    /// `required_providers` entries by local name.
    pub required_providers: IndexMap<Arc<str>, RequiredProvider>,
    /// Every `required_version`.
    pub required_version: Vec<Text>,
    /// `backend` or `cloud` of the `terraform` block.
    pub backend: Option<Backend>,
    /// `encryption` of the `terraform` block.
    pub encryption: EncryptionBlock,
    /// `moved` blocks, in source order.
    pub moved: Vec<Moved>,
    /// `removed` blocks, in source order.
    pub removed: Vec<Removed>,
    /// `import` blocks, in source order.
    pub imports: Vec<Import>,
    /// `check` blocks by name.
    pub checks: IndexMap<Arc<str>, Check>,
    /// `check` blocks whose name is taken, which was told.
    pub repeated_checks: Vec<Check>,
}

/// A text written literally, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub value: Arc<str>,
    /// Its place.
    pub span: Span,
}

/// `name = value` in a `locals` block.
#[derive(Debug, Clone)]
pub struct Local {
    /// The name.
    pub name: Arc<str>,
    /// The value.
    pub value: Expression,
    /// The whole entry.
    pub span: Span,
}

/// An `output` block.
#[derive(Debug, Clone)]
pub struct Output {
    /// The label.
    pub name: Arc<str>,
    /// `value`
    pub value: Expression,
    /// `description`
    pub description: Option<Text>,
    /// `sensitive`
    pub sensitive: bool,
    /// `ephemeral`
    pub ephemeral: bool,
    /// `deprecated`
    pub deprecated: Option<Text>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// The block's header: what diagnostics point at.
    pub span: Span,
}

/// A `module` block: the call of another module.
#[derive(Debug, Clone)]
pub struct ModuleCall {
    /// The label.
    pub name: Arc<str>,
    /// `source`
    pub source: Text,
    /// `version`
    pub version: Option<Text>,
    /// Of these two, what is no literal and has yet to be evaluated.
    pub early: EarlyTexts,
    /// The arguments for the module's variables; meta-arguments are taken out.
    pub body: Body,
    /// `count`, `for_each` or neither.
    pub repetition: Repetition,
    /// `lifecycle { enabled = ... }`
    pub enabled: Option<Expression>,
    /// `providers`
    pub providers: Vec<ProviderPass>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// The block's header.
    pub span: Span,
}

/// What of a call is evaluated while the tree of modules is read (`OpenTofu` 1.8, Terraform 1.15).
#[derive(Debug, Clone, Default)]
pub struct EarlyTexts {
    /// `source`
    pub source: Option<Expression>,
    /// `version`
    pub version: Option<Expression>,
}

impl EarlyTexts {
    /// Whether there is nothing to evaluate.
    pub fn is_empty(&self) -> bool {
        self.source.is_none() && self.version.is_none()
    }
}

/// One entry of a call's `providers`.
#[derive(Debug, Clone)]
pub struct ProviderPass {
    /// What the called module knows it as.
    pub child: ProviderRef,
    /// What it is in the calling module.
    pub parent: ProviderRef,
}

/// A `provider` block.
#[derive(Debug, Clone)]
pub struct ProviderBlock {
    /// The label: the provider's local name.
    pub name: Arc<str>,
    /// `alias`
    pub alias: Option<Text>,
    /// `for_each`: the block stands for a configuration for each key.
    pub for_each: Option<Expression>,
    /// The provider's own settings.
    pub body: Body,
    /// The block's header.
    pub span: Span,
}

/// One entry of `required_providers`.
#[derive(Debug, Clone)]
pub struct RequiredProvider {
    /// `source`, such as `hashicorp/azurerm`; without it, the local name under `hashicorp/`.
    pub source: Option<Text>,
    /// `version`: the constraint as written.
    pub version: Option<Text>,
    /// `configuration_aliases`
    pub configuration_aliases: Vec<ProviderRef>,
    /// The whole entry.
    pub span: Span,
}

/// Where state is kept.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The label of `backend`; `cloud` for a `cloud` block.
    pub kind: Arc<str>,
    /// The block itself.
    pub block: Block,
}

/// A `moved` block.
#[derive(Debug, Clone)]
pub struct Moved {
    /// `from`
    pub from: Reference,
    /// `to`
    pub to: Reference,
    /// The block's header.
    pub span: Span,
}

/// A `removed` block.
#[derive(Debug, Clone)]
pub struct Removed {
    /// `from`
    pub from: Reference,
    /// `lifecycle { destroy = ... }`: destroy it, or forget it and leave it standing.
    pub destroy: bool,
    /// `provisioner` blocks, which run before it is destroyed.
    pub provisioners: Vec<crate::config::resource::Provisioner>,
    /// The block's header.
    pub span: Span,
}

/// An `import` block.
#[derive(Debug, Clone)]
pub struct Import {
    /// `to`; its instance key may refer to `each`.
    pub to: Reference,
    /// `id`; either this or `identity` is set.
    pub id: Option<Expression>,
    /// `identity`
    pub identity: Option<Expression>,
    /// `for_each`
    pub for_each: Option<Expression>,
    /// `provider`
    pub provider: Option<ProviderRef>,
    /// The block's header.
    pub span: Span,
}

/// A `check` block.
#[derive(Debug, Clone)]
pub struct Check {
    /// The label.
    pub name: Arc<str>,
    /// Its own data source; the resource itself stands in [`Module::resources`].
    pub data: Option<ResourceAddress>,
    /// `assert` blocks.
    pub asserts: Vec<CheckRule>,
    /// The block's header.
    pub span: Span,
}
