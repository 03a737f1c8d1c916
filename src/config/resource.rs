//! Resource blocks and the meta-arguments that they share with module calls.

use std::sync::{Arc, LazyLock};

use crate::address::ResourceAddress;
use crate::span::Span;
use crate::syntax::tree::{Block, Body, Expression, Reference, Step};

/// A `resource`, `data` or `ephemeral` block.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Mode, kind and name.
    pub address: ResourceAddress,
    /// What the kind's schema decodes: the block without meta-arguments and meta-blocks.
    pub body: Body,
    /// `count`, `for_each` or neither.
    pub repetition: Repetition,
    /// `provider`; without it, the default one for the kind.
    pub provider: Option<ProviderRef>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `lifecycle`
    pub lifecycle: Arc<Lifecycle>,
    /// `connection`, the default of all provisioners.
    pub connection: Option<Box<Block>>,
    /// `provisioner` blocks, in source order.
    pub provisioners: Vec<Provisioner>,
    /// For the data source of a `check` block, the check's name.
    pub check: Option<Arc<str>>,
    /// Type and labels: what diagnostics point at.
    pub header: Span,
    /// The whole block.
    pub span: Span,
}

/// How often a block stands for an object.
#[derive(Debug, Clone, Default)]
pub enum Repetition {
    /// Once, without an instance key.
    #[default]
    None,
    /// `count`
    Count(Expression),
    /// `for_each`
    ForEach(Expression),
}

/// A provider configuration as named in `provider = azurerm.west`.
#[derive(Debug, Clone)]
pub struct ProviderRef {
    /// The provider's local name.
    pub name: Arc<str>,
    /// The alias, unless it is the default configuration.
    pub alias: Option<Arc<str>>,
    /// Which instance of a provider block with `for_each`.
    pub key: Option<Expression>,
    /// Its place.
    pub span: Span,
}

/// A `lifecycle` block.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    /// `create_before_destroy`
    pub create_before_destroy: Option<bool>,
    /// `prevent_destroy`
    pub prevent_destroy: Option<Expression>,
    /// `ignore_changes`
    pub ignore_changes: IgnoreChanges,
    /// `replace_triggered_by`
    pub replace_triggered_by: Vec<Expression>,
    /// `precondition` blocks.
    pub preconditions: Vec<CheckRule>,
    /// `postcondition` blocks.
    pub postconditions: Vec<CheckRule>,
    /// `enabled`: whether the object is to exist at all.
    pub enabled: Option<Expression>,
    /// `destroy = false`: forget it in place of destroying it.
    pub destroy: Option<bool>,
}

impl Lifecycle {
    /// What a block without `lifecycle` has. Most have none, so all of them share it.
    pub fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<Lifecycle>> = LazyLock::new(Arc::default);
        Arc::clone(&NONE)
    }
}

/// Which arguments a plan leaves as they are once the object exists.
#[derive(Debug, Clone, Default)]
pub enum IgnoreChanges {
    /// None.
    #[default]
    None,
    /// `all`
    All,
    /// Each a path from the resource: `tags["x"]` is the attribute step `tags` and an index step.
    Paths(Vec<Vec<Step>>),
}

/// `validation`, `precondition`, `postcondition` or `assert`.
#[derive(Debug, Clone)]
pub struct CheckRule {
    /// `condition`
    pub condition: Expression,
    /// `error_message`
    pub error_message: Expression,
    /// The block's header.
    pub span: Span,
}

/// A `provisioner` block.
#[derive(Debug, Clone)]
pub struct Provisioner {
    /// The label: `local-exec`.
    pub kind: Arc<str>,
    /// Its own arguments.
    pub body: Body,
    /// `when`
    pub when: ProvisionerMoment,
    /// `on_failure`
    pub on_failure: ProvisionerFailure,
    /// Its own `connection` block.
    pub connection: Option<Block>,
    /// The block's header.
    pub span: Span,
}

/// When a provisioner runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProvisionerMoment {
    /// After the object has been created.
    #[default]
    Create,
    /// Before the object is destroyed.
    Destroy,
}

/// What follows when a provisioner fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProvisionerFailure {
    /// The step fails.
    #[default]
    Fail,
    /// The step goes on.
    Continue,
}
