//! A table as the schema that the engine knows.

use super::plan::Dialect;
use super::scalar::scalar_type;
use super::table::{Presence, Row, Rule, Shape, Table};
use crate::provider::{Attribute, Block, NestedBlock, Nesting, Schema};
use crate::value::Type;

/// The schema of a managed kind: the table's rows, `id` and `timeouts`.
pub fn schema(table: &Table) -> Schema {
    schema_of(table, &table.rows)
}

/// The same with these of its rows.
pub fn schema_of(table: &Table, rows: &[Row]) -> Schema {
    let mut block = block_of(rows);
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

/// The rows as the schema of one major version of azurerm has them: without what only the other has, and asked for where
/// that version asks. What is taken here beyond that is not told.
pub fn as_told(rows: &[Row], dialect: Dialect) -> Vec<Row> {
    let is_newest = dialect != Dialect::V4;
    let is_gone = |row: &Row| is_newest && (row.former || row.deprecated.is_some());
    let told = |row: &Row| {
        let mut row = row.clone();
        row.sensitive &= !row.hidden;
        row.presence = row.told_in_v5.filter(|_| is_newest).unwrap_or(row.presence);
        if let Shape::Blocks(blocks) = &mut row.shape {
            blocks.rows = as_told(&blocks.rows, dialect);
        }
        row
    };
    rows.iter().filter(|row| !dialect.lacks(row.dialect) && !is_gone(row)).map(told).collect()
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

#[cfg(test)]
mod tests {
    use super::super::rows::{block, flag, text};
    use super::*;

    #[test]
    fn each_azurerm_is_told_its_own_schema() {
        let rows = [
            text("new").twin("old").told_in_v5(Presence::Required),
            text("old").twin("new").deprecated("new"),
            text("left").former(),
            block("inside", vec![flag("four").only_in(Dialect::V4), flag("five").only_in(Dialect::V5)]),
            text("secret").hidden(),
        ];
        let told = |dialect| {
            let block = block_of(&as_told(&rows, dialect));
            let names: Vec<_> = block.attributes.keys().map(ToString::to_string).collect();
            let inside: Vec<_> = block.blocks["inside"].block.attributes.keys().map(ToString::to_string).collect();
            let of = |name: &str| &block.attributes[name];
            (names.join(" "), inside.join(" "), of("new").required, of("secret").sensitive)
        };
        assert_eq!(told(Dialect::V4), ("new old left secret".to_owned(), "four".to_owned(), false, false));
        assert_eq!(told(Dialect::V5), ("new secret".to_owned(), "five".to_owned(), true, false));
        assert_eq!(told(Dialect::Any), told(Dialect::V5));
        assert!(block_of(&rows).attributes["secret"].sensitive);
    }
}
