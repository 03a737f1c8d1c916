//! Providers whose objects live in the record, or on this machine: `terraform_data`, `null_resource`, `random_*`,
//! `time_*`, `local_*`, `tls_*`.

mod chance;
mod http;
mod key_pair;
mod local;
mod local_file;
mod modtm;
mod null_resource;
mod random;
mod random_string;
mod remote_state;
mod terraform_data;
mod time;
mod time_shifted;
mod tls;
mod words;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use crate::provider::{Block, Provider};

use local::LocalProvider;

/// All of them.
pub fn providers() -> Vec<Arc<dyn Provider>> {
    vec![
        Arc::new(
            LocalProvider::new(
                "terraform",
                "terraform.io/builtin/terraform",
                vec![Box::new(terraform_data::TerraformData::new())],
            )
            .reading(vec![Box::new(remote_state::RemoteState::new())]),
        ),
        Arc::new(LocalProvider::new(
            "null",
            "registry.terraform.io/hashicorp/null",
            vec![Box::new(null_resource::NullResource::new())],
        )),
        Arc::new(LocalProvider::new("random", "registry.terraform.io/hashicorp/random", random::kinds())),
        Arc::new(LocalProvider::new(
            "time",
            "registry.terraform.io/hashicorp/time",
            vec![
                Box::new(time::TimeSleep::new()),
                Box::new(time::TimeStatic::new()),
                Box::new(time_shifted::offset()),
                Box::new(time_shifted::rotating()),
            ],
        )),
        Arc::new(
            LocalProvider::new(
                "local",
                "registry.terraform.io/hashicorp/local",
                vec![Box::new(local_file::File::open()), Box::new(local_file::File::sensitive())],
            )
            .reading(vec![Box::new(local_file::FileData::open()), Box::new(local_file::FileData::sensitive())]),
        ),
        Arc::new(
            LocalProvider::new("tls", "registry.terraform.io/hashicorp/tls", vec![Box::new(tls::TlsPrivateKey::new())])
                .reading(vec![Box::new(tls::TlsPublicKey::new())]),
        ),
        Arc::new(
            LocalProvider::new("http", "registry.terraform.io/hashicorp/http", Vec::new())
                .reading(vec![Box::new(http::Http::new())]),
        ),
        Arc::new(
            LocalProvider::new("modtm", "registry.terraform.io/azure/modtm", vec![Box::new(modtm::Telemetry::new())])
                .configured_by(modtm::settings())
                .reading(vec![Box::new(modtm::ModuleSource::new())]),
        ),
    ]
}

/// A block of these attributes.
fn block<'a>(attributes: impl IntoIterator<Item = (&'a str, crate::provider::Attribute)>) -> Block {
    Block { attributes: attributes.into_iter().map(|(name, a)| (name.into(), a)).collect(), ..Block::default() }
}
