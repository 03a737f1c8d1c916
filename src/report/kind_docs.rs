//! The reference of a kind in Markdown, from its schema.

use std::fmt::Write;
use std::sync::Arc;

use crate::provider::{Attribute, Block, Kind, NestedBlock, Nesting};

/// The page of a kind or a data source.
pub fn page(kind: &dyn Kind, is_data: bool) -> String {
    let block = &kind.schema().block;
    let what = if is_data { "data source" } else { "kind" };
    let mut text = format!("# {} ({what})\n", kind.name());
    if !block.description.is_empty() {
        let _ = write!(text, "\n{}\n", block.description);
    }
    if let Some(instead) = &block.deprecated {
        let _ = write!(text, "\n**Deprecated:** {instead}\n");
    }
    let given: Vec<_> = block.attributes.iter().filter(|(_, a)| a.required || a.optional).collect();
    let told: Vec<_> = block.attributes.iter().filter(|(_, a)| !a.required && !a.optional).collect();
    table(&mut text, "## Arguments", &given);
    blocks(&mut text, block, "");
    table(&mut text, "## Attributes", &told);
    text
}

fn table(text: &mut String, title: &str, attributes: &[(&Arc<str>, &Attribute)]) {
    if attributes.is_empty() {
        return;
    }
    let mut sorted = attributes.to_vec();
    sorted.sort_by_key(|(name, attribute)| (!attribute.required, (*name).clone()));
    let _ = write!(text, "\n{title}\n\n| name | type | | |\n|---|---|---|---|\n");
    for (name, attribute) in sorted {
        let _ = writeln!(
            text,
            "| `{name}` | `{}` | {} | {} |",
            attribute.ty.constraint_name(),
            traits(attribute).join(", "),
            about(&attribute.description, attribute.deprecated.as_deref())
        );
    }
}

fn traits(attribute: &Attribute) -> Vec<&'static str> {
    let told = [
        (attribute.required, "required"),
        (attribute.optional && attribute.computed, "optional, else decided by Azure"),
        (attribute.optional && !attribute.computed, "optional"),
        (attribute.sensitive, "sensitive"),
        (attribute.write_only, "never recorded"),
    ];
    told.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect()
}

fn about(description: &str, deprecated: Option<&str>) -> String {
    let instead = deprecated.map(|text| format!(" **Deprecated:** {text}")).unwrap_or_default();
    format!("{description}{instead}").replace('\n', " ").replace('|', "\\|")
}

fn blocks(text: &mut String, block: &Block, above: &str) {
    for (name, nested) in &block.blocks {
        let path = format!("{above}{name}");
        let _ = write!(text, "\n### `{path}`\n\n{}.", repeats(nested));
        if !nested.block.description.is_empty() {
            let _ = write!(text, " {}", nested.block.description);
        }
        text.push('\n');
        let attributes: Vec<_> = nested.block.attributes.iter().collect();
        table(text, "", &attributes);
        blocks(text, &nested.block, &format!("{path}."));
    }
}

fn repeats(nested: &NestedBlock) -> String {
    let most = match (nested.nesting, nested.max_items) {
        (Nesting::Single | Nesting::Group, _) | (_, 1) => "one block".to_owned(),
        (_, 0) => "any number of blocks".to_owned(),
        (_, most) => format!("up to {most} blocks"),
    };
    let least = match (nested.min_items, nested.computed) {
        (0, true) => "; without one Azure decides",
        (0, false) => "; optional",
        _ => "; required",
    };
    format!("{}{least}", most.replacen(most.chars().next().unwrap_or('o'), &most[..1].to_uppercase(), 1))
}
