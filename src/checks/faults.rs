//! Looking for each fault, by what it is in.

pub mod clusters;
pub mod credentials;
pub mod grants;

use crate::address::{Address, ResourceMode};

fn is_managed(address: &Address) -> bool {
    address.resource.mode == ResourceMode::Managed
}
