//! The words that the rows of a table begin with: `text("issuer")`, `block("identity", vec![...])`.

use super::table::{Blocks, Codec, Row, Rule, Same, Scalar, Shape};

/// A string.
pub fn text(name: &'static str) -> Row {
    Row::of(name, Shape::One(Scalar::Text))
}

/// `true` or `false`.
pub fn flag(name: &'static str) -> Row {
    Row::of(name, Shape::One(Scalar::Bool))
}

/// A whole number.
pub fn integer(name: &'static str) -> Row {
    Row::of(name, Shape::One(Scalar::Integer))
}

/// A number.
pub fn float(name: &'static str) -> Row {
    Row::of(name, Shape::One(Scalar::Float))
}

/// A list of strings.
pub fn texts(name: &'static str) -> Row {
    Row::of(name, Shape::List(Scalar::Text))
}

/// A set of strings.
pub fn text_set(name: &'static str) -> Row {
    Row::of(name, Shape::Set(Scalar::Text))
}

/// A set of whole numbers.
pub fn integer_set(name: &'static str) -> Row {
    Row::of(name, Shape::Set(Scalar::Integer))
}

/// A map of strings.
pub fn text_map(name: &'static str) -> Row {
    Row::of(name, Shape::Map)
}

/// A block that may be there once.
pub fn block(name: &'static str, rows: Vec<Row>) -> Row {
    Row::of(name, Shape::Blocks(Blocks { set: false, min: 0, max: 1, rows }))
}

/// A list of blocks.
pub fn blocks(name: &'static str, rows: Vec<Row>) -> Row {
    Row::of(name, Shape::Blocks(Blocks { set: false, min: 0, max: 0, rows }))
}

/// A set of blocks.
pub fn block_set(name: &'static str, rows: Vec<Row>) -> Row {
    Row::of(name, Shape::Blocks(Blocks { set: true, min: 0, max: 0, rows }))
}

/// The `tags` of nearly every kind.
pub fn tags() -> Row {
    text_map("tags").at("tags").about("Tags of the resource. Tags that others have put there are left alone.")
}

/// The `location` of nearly every kind.
pub fn location() -> Row {
    text("location").at("location").required().replaces().same(Same::Location).about("The Azure region.")
}

/// The `name` that ends an ARM id.
pub fn name() -> Row {
    text("name").required().replaces().about("The name of the resource.")
}

/// The group that the resource is in.
pub fn resource_group_name() -> Row {
    text("resource_group_name")
        .required()
        .replaces()
        .same(Same::Caseless)
        .rule(Rule::Pattern(
            r"^[-\w._()]{0,89}[-\w_()]$",
            "(must be 1 to 90 letters, digits, `-`, `_`, `.`, `(` or `)`, and must not end in a full stop)",
        ))
        .about("The name of the resource group.")
}

/// One identity, the resource's own or one that is lent to it.
pub const ONE_IDENTITY: &[&str] = &["SystemAssigned", "UserAssigned"];

/// The resource's own identity beside those that are lent to it.
pub const ANY_IDENTITIES: &[&str] = &["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"];

/// Who a resource is, in ARM's managed identities; `types` says which it may have.
pub fn identity(types: &'static [&'static str]) -> Row {
    block(
        "identity",
        vec![
            text("type").required().one_of(types).at("type"),
            text_set("identity_ids").same(Same::ArmId).spelled(Codec::Keys).at("userAssignedIdentities"),
            text("principal_id").computed().follows(&["identity.type"]).at("principalId"),
            text("tenant_id").computed().follows(&["identity.type"]).at("tenantId"),
        ],
    )
    .at("identity")
}
