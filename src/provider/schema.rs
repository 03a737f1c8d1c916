//! What a kind's configuration and recorded value look like, in Terraform's terms.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::value::Type;

/// The schema of a kind at a version.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// Recorded with each object; older ones are upgraded.
    pub version: u64,
    /// The contents.
    pub block: Block,
}

/// Attributes and nested blocks.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// `name = value`
    pub attributes: IndexMap<Arc<str>, Attribute, FxBuildHasher>,
    /// `name { ... }`
    pub blocks: IndexMap<Arc<str>, NestedBlock, FxBuildHasher>,
    /// For people.
    pub description: String,
    /// What to use instead, when it is deprecated.
    pub deprecated: Option<String>,
    /// The type of its values, worked out when it is first asked for.
    pub(crate) implied: Implied,
}

/// The type that a [`Block`] implies, once it is known. A copy of a block may be changed, so it has its own.
#[derive(Debug, Default)]
pub(crate) struct Implied(OnceLock<Type>);

impl Clone for Implied {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// One attribute.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // Terraform's own flags, independent of one another.
pub struct Attribute {
    /// Its type.
    pub ty: Type,
    /// Must be configured.
    pub required: bool,
    /// May be configured.
    pub optional: bool,
    /// The provider may decide it.
    pub computed: bool,
    /// Its value is not shown.
    pub sensitive: bool,
    /// Never recorded: null in plan and state.
    pub write_only: bool,
    /// What to use instead, when it is deprecated.
    pub deprecated: Option<String>,
    /// For people.
    pub description: String,
}

/// How blocks of one type repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// At most one; the value is an object or null.
    Single,
    /// As single, but never null: absent is an object of nulls.
    Group,
    /// Any number in order; the value is a list of objects.
    List,
    /// Any number; the value is a set of objects.
    Set,
    /// With one label; the value is a map of objects.
    Map,
}

/// One type of nested block.
#[derive(Debug, Clone)]
pub struct NestedBlock {
    /// How they repeat.
    pub nesting: Nesting,
    /// Their contents.
    pub block: Block,
    /// At least so many.
    pub min_items: usize,
    /// At most so many; 0 for no limit.
    pub max_items: usize,
    /// Without any block in the configuration the provider decides (azurerm's optional and computed blocks, which
    /// may also be written as an attribute: `kubelet_identity = []`). An absent one then proposes the prior value.
    pub computed: bool,
}

impl Attribute {
    /// An attribute without flags.
    pub fn of(ty: Type) -> Self {
        Self {
            ty,
            required: false,
            optional: false,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: None,
            description: String::new(),
        }
    }

    /// Must be configured.
    pub fn required(ty: Type) -> Self {
        Self { required: true, ..Self::of(ty) }
    }

    /// May be configured.
    pub fn optional(ty: Type) -> Self {
        Self { optional: true, ..Self::of(ty) }
    }

    /// Decided by the provider.
    pub fn computed(ty: Type) -> Self {
        Self { computed: true, ..Self::of(ty) }
    }

    /// May be configured, else decided by the provider.
    pub fn optional_computed(ty: Type) -> Self {
        Self { optional: true, computed: true, ..Self::of(ty) }
    }
}

impl NestedBlock {
    /// The type of the whole value of these blocks.
    pub fn implied_type(&self) -> Type {
        let one = self.block.implied_type();
        match self.nesting {
            Nesting::Single | Nesting::Group => one,
            Nesting::List => Type::list(one),
            Nesting::Set => Type::set(one),
            Nesting::Map => Type::map(one),
        }
    }
}

impl Block {
    /// The object type that a value of this block has. From the first call on the block is complete.
    pub fn implied_type(&self) -> Type {
        let build = || {
            let attributes = self.attributes.iter().map(|(name, a)| (&**name, a.ty.clone()));
            let blocks = self.blocks.iter().map(|(name, b)| (&**name, b.implied_type()));
            Type::object(attributes.chain(blocks))
        };
        self.implied.0.get_or_init(build).clone()
    }
}
