//! The configuration that a run works on: the module under test or the one that the run names, with the providers that
//! the test file gives it.

use std::borrow::Cow;

use super::Bench;
use super::doubles::NamedMock;
use super::scope::GivenScope;
use crate::config::test::{TestProvider, TestRun};
use crate::config::{Configuration, Module, ProviderBlock};
use crate::diagnostic::Diagnostics;
use crate::eval;
use crate::syntax::tree::{Body, Expression, ExpressionKind};

/// The module that a run works on, as it is written.
pub fn written<'b>(bench: &Bench<'b>, run: &TestRun) -> &'b Configuration {
    bench.modules.get(&run.name).filter(|_| run.module.is_some()).unwrap_or(bench.configuration)
}

/// A provider of the test file under the name that the module knows it by.
struct Passed<'f> {
    of: &'f TestProvider,
    block: ProviderBlock,
}

/// The providers that a run passes to its module; all of the file's, under their own names, when it names none.
fn passed<'f>(bench: &Bench<'f>, run: &TestRun, found: &mut Diagnostics) -> Vec<Passed<'f>> {
    let own = |of: &'f TestProvider| Passed { of, block: of.block.clone() };
    if run.providers.is_empty() {
        return bench.file.providers.iter().map(own).collect();
    }
    let mut passed = Vec::new();
    for pass in &run.providers {
        let is_meant = |provider: &&TestProvider| {
            let block = &provider.block;
            block.name == pass.parent.name && block.alias.as_ref().map(|a| &a.value) == pass.parent.alias.as_ref()
        };
        let Some(of) = bench.file.providers.iter().find(is_meant) else {
            let alias = pass.parent.alias.as_ref().map(|alias| format!(".{alias}")).unwrap_or_default();
            let summary = format!("Missing provider definition for {}{alias}", pass.parent.name);
            let detail = "This provider block references a provider definition that does not exist.";
            found.error_at(pass.parent.span, summary, detail);
            continue;
        };
        let alias =
            pass.child.alias.as_ref().map(|alias| crate::config::Text { value: alias.clone(), span: pass.child.span });
        passed.push(Passed { of, block: ProviderBlock { name: pass.child.name.clone(), alias, ..of.block.clone() } });
    }
    passed
}

/// The configuration of a run, and the mocks that it is given.
pub fn configuration<'b>(
    bench: &Bench<'b>,
    run: &TestRun,
    scope: &GivenScope<'_>,
) -> (Cow<'b, Configuration>, Vec<NamedMock<'b>>, Diagnostics) {
    let mut found = Diagnostics::new();
    let passed = passed(bench, run, &mut found);
    let mut configuration = Cow::Borrowed(written(bench, run));
    let mut mocks = Vec::new();
    if !run.providers.is_empty() {
        configuration.to_mut().root.providers.clear();
    }
    for Passed { of, mut block } in passed {
        if let Some(mock) = &of.mock {
            let alias = block.alias.as_ref().map(|alias| alias.value.clone());
            mocks.push(NamedMock { name: block.name.clone(), alias, mock });
        } else {
            block.body = known(block.body, scope, &mut found);
        }
        put(&mut configuration.to_mut().root, block);
    }
    (configuration, mocks, found)
}

/// Puts a provider block in the place of the module's own of that name.
fn put(module: &mut Module, block: ProviderBlock) {
    let key = |b: &ProviderBlock| (b.name.clone(), b.alias.as_ref().map(|alias| alias.value.clone()));
    let own = key(&block);
    module.providers.retain(|b| key(b) != own);
    module.providers.push(block);
}

/// A body in which every expression is its value: what a test file refers to, the module cannot.
fn known(mut body: Body, scope: &GivenScope<'_>, found: &mut Diagnostics) -> Body {
    for attribute in &mut body.attributes {
        let value = found.take(eval::evaluate(&attribute.value, scope));
        attribute.value = Expression { kind: ExpressionKind::Literal(value), span: attribute.value.span };
    }
    body.blocks = std::mem::take(&mut body.blocks)
        .into_iter()
        .map(|mut block| {
            block.body = known(block.body, scope, found);
            block
        })
        .collect();
    body
}
