//! A table as the schema that the engine knows.

use super::scalar::scalar_type;
use super::table::{Presence, Row, Rule, Shape, Table};
use crate::provider::{Attribute, Block, NestedBlock, Nesting, Schema};
use crate::value::Type;

/// The schema of a managed kind: the table's rows, `id` and `timeouts`.
pub fn schema(table: &Table) -> Schema {
    let mut block = block_of(&table.rows);
    block.description = table.about.to_owned();
    let mut id = Attribute::computed(Type::String);
    id.description = "The ARM id of the resource.".to_owned();
    block.attributes.insert("id".into(), id);
    block.blocks.insert("timeouts".into(), timeouts());
    Schema { version: table.schema_version, block }
}

/// Rows as a block.
pub fn block_of(rows: &[Row]) -> Block {
    let mut block = Block::default();
    for row in rows {
        match &row.shape {
            Shape::Blocks(_) if row.presence == Presence::Computed => {
                block.attributes.insert(row.name.into(), attribute(row));
            }
            Shape::Blocks(_) => {
                block.blocks.insert(row.name.into(), nested(row));
            }
            _ => {
                block.attributes.insert(row.name.into(), attribute(row));
            }
        }
    }
    block
}

/// The type of a row's whole value.
pub fn type_of(row: &Row) -> Type {
    match &row.shape {
        Shape::One(scalar) => scalar_type(*scalar),
        Shape::List(scalar) => Type::list(scalar_type(*scalar)),
        Shape::Set(scalar) => Type::set(scalar_type(*scalar)),
        Shape::Map => Type::map(Type::String),
        Shape::Blocks(blocks) => {
            let one = element_type(&blocks.rows);
            if blocks.set { Type::set(one) } else { Type::list(one) }
        }
    }
}

/// The type of one block with these rows.
pub fn element_type(rows: &[Row]) -> Type {
    Type::object(rows.iter().map(|row| (row.name, type_of(row))))
}

fn attribute(row: &Row) -> Attribute {
    Attribute {
        required: row.presence == Presence::Required,
        optional: matches!(row.presence, Presence::Optional | Presence::OptionalComputed),
        computed: row.is_computed(),
        sensitive: row.sensitive,
        write_only: row.write_only,
        deprecated: row.deprecated.map(instead),
        description: description(row),
        ..Attribute::of(type_of(row))
    }
}

/// What a person is told of an old name; of one without a successor, that it does nothing.
fn instead(name: &'static str) -> String {
    if name.is_empty() {
        return "It has no effect any more: leave it out.".to_owned();
    }
    format!("Use {name} instead.")
}

fn nested(row: &Row) -> NestedBlock {
    let (nesting, min_items, max_items) = match &row.shape {
        Shape::Blocks(blocks) => (if blocks.set { Nesting::Set } else { Nesting::List }, blocks.min, blocks.max),
        _ => (Nesting::List, 0, 0),
    };
    let mut block = block_of(row.inner());
    block.description = description(row);
    block.deprecated = row.deprecated.map(instead);
    NestedBlock { nesting, block, min_items, max_items, computed: row.presence == Presence::OptionalComputed }
}

/// The row's own words and what its rules allow.
fn description(row: &Row) -> String {
    let mut words = row.about.to_owned();
    for rule in &row.rules {
        let more = match rule {
            Rule::OneOf(allowed) => format!("One of `{}`.", allowed.join("`, `")),
            Rule::Range(lowest, highest) => format!("From {lowest} to {highest}."),
            Rule::AtMost(most) => format!("At most {most}."),
            _ => continue,
        };
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&more);
    }
    if row.replaces {
        words.push_str(if words.is_empty() {
            "A change replaces the resource."
        } else {
            " A change replaces the resource."
        });
    }
    words
}

const VERBS: [&str; 4] = ["create", "delete", "read", "update"];

/// The type of the `timeouts` block.
pub fn timeouts_type() -> Type {
    Type::object(VERBS.map(|verb| (verb, Type::String)))
}

fn timeouts() -> NestedBlock {
    let mut block = Block::default();
    for verb in VERBS {
        block.attributes.insert(verb.into(), Attribute::optional(Type::String));
    }
    NestedBlock { nesting: Nesting::Single, block, min_items: 0, max_items: 1, computed: false }
}
