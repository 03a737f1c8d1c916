//! `variable` blocks.

use std::sync::Arc;

use crate::config::module::Text;
use crate::config::resource::CheckRule;
use crate::span::Span;
use crate::syntax::tree::Expression;

/// A `variable` block.
#[derive(Debug, Clone)]
pub struct Variable {
    /// The label.
    pub name: Arc<str>,
    /// `type`: a type expression; without it, any type.
    pub ty: Option<Expression>,
    /// `default`; without it, a value must be given.
    pub default: Option<Expression>,
    /// `description`
    pub description: Option<Text>,
    /// `sensitive`
    pub sensitive: bool,
    /// `nullable`: whether the value may be null.
    pub nullable: bool,
    /// `ephemeral`
    pub ephemeral: bool,
    /// `deprecated`
    pub deprecated: Option<Text>,
    /// `validation` blocks.
    pub validations: Vec<CheckRule>,
    /// The block's header.
    pub span: Span,
    /// The header of the block of an override file that gave it its type or default.
    pub overridden: Option<Span>,
}
