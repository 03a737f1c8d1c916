//! Who answers in place of a provider, where a test mocks it or overrides what it would say.

use std::sync::Arc;

use super::{Provider, Session};
use crate::address::{Address, ModuleInstance};
use crate::value::Fields;

/// What is mocked and overridden. Planning and apply ask before they ask a provider.
pub trait StandIns: Send + Sync {
    /// The session of a mocked provider configuration of the root module; `None` for one that is not mocked.
    fn provider(&self, name: &str, alias: Option<&str>, provider: &Arc<dyn Provider>) -> Option<Arc<dyn Session>>;

    /// The session that answers for one instance in place of `session`; `None` where that one does.
    fn instance(&self, address: &Address, session: &Arc<dyn Session>) -> Option<Arc<dyn Session>>;

    /// Whether nothing in a module instance exists, because the module is overridden, or one around it.
    fn is_replaced(&self, module: &ModuleInstance) -> bool;

    /// What an overridden module instance returns; `None` for one that is not overridden itself.
    fn outputs(&self, module: &ModuleInstance) -> Option<&Fields>;
}
