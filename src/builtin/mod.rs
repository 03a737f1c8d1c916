//! Providers whose objects live in the record, or on this machine: `terraform_data`, `null_resource`, `random_*`.

mod chance;
mod local;
mod null_resource;
mod terraform_data;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use crate::provider::{Block, Provider};

use local::LocalProvider;

/// All of them.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![
        Arc::new(LocalProvider::new(
            "terraform",
            "terraform.io/builtin/terraform",
            vec![Box::new(terraform_data::TerraformData::new())],
        )),
        Arc::new(LocalProvider::new(
            "null",
            "registry.terraform.io/hashicorp/null",
            vec![Box::new(null_resource::NullResource::new())],
        )),
    ]
}

/// A block of these attributes.
fn block<'a>(attributes: impl IntoIterator<Item = (&'a str, crate::provider::Attribute)>) -> Block {
    Block { attributes: attributes.into_iter().map(|(name, a)| (name.to_owned(), a)).collect(), ..Block::default() }
}
