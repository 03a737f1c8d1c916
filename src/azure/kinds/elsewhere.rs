//! Kinds of azurerm that Bowline does not have: the `azapi_resource` that does the same, written out from the block.

use std::fmt::Write;

use super::elsewhere_table::{ELSEWHERE, Elsewhere, Within};
use crate::span::SourceMap;
use crate::syntax::tree::{Body, Expression};

/// The block that does what a block of a kind that is not there was to do; `None` when its ARM type is not known.
pub fn instead(kind: &str, label: &str, body: &Body, sources: &SourceMap) -> Option<String> {
    let known = ELSEWHERE.iter().find(|known| known.kind == kind)?;
    let argument = |name: &str| body.attribute(name).map(|attribute| written(&attribute.value, sources));
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    {name:<9} = {value}");
    };
    line("type", &format!("\"{}@{}\"", known.arm_type, known.api_version));
    line("name", &argument("name").unwrap_or_else(|| "\"NAME\"".to_owned()));
    line("parent_id", &parent(known, body, sources));
    for name in ["location", "tags"] {
        if let Some(value) = argument(name) {
            line(name, &value);
        }
    }
    let mut properties = String::new();
    members(body, &taken(known), sources, 8, &mut properties);
    let properties = if properties.is_empty() { "{}".to_owned() } else { format!("{{\n{properties}      }}") };
    Some(format!(
        "  resource \"azapi_resource\" \"{label}\" {{\n{text}\n    body = {{\n      properties = {properties}\n    }}\n  }}\n\n\
         The properties are spelled as Azure spells the block's arguments by rule; check them against \
         https://learn.microsoft.com/azure/templates/{}.",
        known.arm_type.to_ascii_lowercase()
    ))
}

/// The arguments that are said elsewhere than in the properties.
fn taken(known: &Elsewhere) -> Vec<&'static str> {
    let mut taken = vec!["name", "location", "tags", "resource_group_name", "timeouts"];
    if let Within::Parent(argument) = known.within {
        taken.push(argument);
    }
    taken
}

/// What the resource is in, by the arguments that azurerm has for it.
fn parent(known: &Elsewhere, body: &Body, sources: &SourceMap) -> String {
    let argument = |name: &str| body.attribute(name).map(|attribute| written(&attribute.value, sources));
    match known.within {
        Within::Parent(name) => argument(name).unwrap_or_else(|| "PARENT_ID".to_owned()),
        Within::Subscription => "\"/subscriptions/${data.azurerm_client_config.current.subscription_id}\"".to_owned(),
        Within::Group => {
            let group = argument("resource_group_name").unwrap_or_default();
            let reference = group.strip_prefix("azurerm_resource_group.").and_then(|rest| rest.strip_suffix(".name"));
            match reference {
                Some(name) => format!("azurerm_resource_group.{name}.id"),
                None => format!(
                    "\"/subscriptions/${{data.azurerm_client_config.current.subscription_id}}/resourceGroups/{}\"",
                    in_template(&group)
                ),
            }
        }
    }
}

/// An expression as part of a template: a string without its quotes, anything else between braces.
fn in_template(expression: &str) -> String {
    match expression.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(text) => text.to_owned(),
        None => format!("${{{expression}}}"),
    }
}

/// Arguments and blocks as members, in Azure's spelling.
fn members(body: &Body, taken: &[&str], sources: &SourceMap, indent: usize, text: &mut String) {
    let pad = " ".repeat(indent);
    for attribute in body.attributes.iter().filter(|a| !taken.contains(&&*a.name.name)) {
        let value = written(&attribute.value, sources);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{pad}{} = {value}", azure_name(&attribute.name.name));
    }
    for block in body.blocks.iter().filter(|b| !taken.contains(&&*b.kind.name) && &*b.kind.name != "dynamic") {
        let _ = writeln!(text, "{pad}{} = {{", azure_name(&block.kind.name));
        members(&block.body, &[], sources, indent + 2, text);
        let _ = writeln!(text, "{pad}}}");
    }
}

/// `minimum_tls_version` as `minimumTlsVersion`; a switch loses azurerm's `_enabled`, which Azure has as a word.
fn azure_name(name: &str) -> String {
    let mut parts = name.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let mut letters = part.chars();
        let capital = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
        name + &capital.chain(letters).collect::<String>()
    })
}

fn written(expression: &Expression, sources: &SourceMap) -> String {
    sources.text(expression.span).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parsed(text: &str) -> (Body, SourceMap) {
        let mut sources = SourceMap::default();
        let source = sources.add("main.tf", None, text);
        let (body, problems) = crate::syntax::parse(source, text);
        assert!(!problems.has_errors());
        (body, sources)
    }

    #[test]
    fn a_block_is_written_out_as_the_resource_that_does_it() {
        let (body, sources) = parsed(
            "name = \"redis-shop\"\nresource_group_name = azurerm_resource_group.main.name\n\
             location = var.region\ncapacity = 1\nminimum_tls_version = \"1.2\"\nredis_configuration {\n  maxmemory_policy = \"lru\"\n}\n",
        );
        let text = instead("azurerm_redis_cache", "shop", &body, &sources).unwrap();
        for line in [
            "resource \"azapi_resource\" \"shop\" {",
            "    type      = \"Microsoft.Cache/redis@2024-03-01\"",
            "    name      = \"redis-shop\"",
            "    parent_id = azurerm_resource_group.main.id",
            "    location  = var.region",
            "        minimumTlsVersion = \"1.2\"",
            "          maxmemoryPolicy = \"lru\"",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(!text.contains("resourceGroupName"));
    }

    #[test]
    fn a_group_that_is_no_reference_is_written_into_the_id() {
        let (body, sources) = parsed("name = \"a\"\nresource_group_name = var.group\n");
        let text = instead("azurerm_redis_cache", "a", &body, &sources).unwrap();
        assert!(text.contains("/resourceGroups/${var.group}\""), "{text}");
        assert_eq!(instead("azurerm_nothing", "a", &body, &sources), None);
    }
}
