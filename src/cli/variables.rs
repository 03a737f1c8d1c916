//! The values given for the root module's variables.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::flags::VariableFlags;
use super::invocation::Invocation;
use crate::config::Configuration;
use crate::diagnostic::Diagnostics;
use crate::eval::variables::Given;

/// Gathers what environment, files and flags say, in Terraform's order.
pub fn given(
    _invocation: &mut Invocation,
    _configuration: &Configuration,
    _flags: &VariableFlags,
    _may_ask: bool,
) -> Result<BTreeMap<Arc<str>, Given>, Diagnostics> {
    Ok(BTreeMap::new())
}
