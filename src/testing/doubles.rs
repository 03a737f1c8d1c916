//! What stands in for providers in a run: the mocks that its file declares and the overrides that count in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::mock::{Answer, MockSession};
use crate::address::{Address, InstanceKey, ModuleInstance, ModulePath, ModuleStep, ResourceMode};
use crate::config::test::{Mock, MockKind, Moment, Override, OverrideKind};
use crate::config::{Configuration, Endpoint};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::functions::FunctionContext;
use crate::eval::{self, MapScope};
use crate::graph::{ProviderId, provider_source};
use crate::provider::{Provider, Registry, Session, StandIns};
use crate::span::{SourceMap, Span};
use crate::syntax::tree::Expression;
use crate::value::{Fields, Value};

/// Everything that stands in for something in a run.
pub struct Doubles {
    /// What a name of the file's made-up values begins with.
    seed: String,
    /// The run's own come first, then the file's, then those of mocks.
    overrides: Vec<Double>,
    mocks: Vec<Mocked>,
    registry: Registry,
}

/// An override.
struct Double {
    kind: OverrideKind,
    target: Endpoint,
    answer: Answer,
}

/// A mocked provider configuration of the root module.
struct Mocked {
    name: Arc<str>,
    alias: Option<Arc<str>>,
    provider: Arc<dyn Provider>,
    session: Arc<dyn Session>,
    resources: BTreeMap<Arc<str>, Answer>,
    data: BTreeMap<Arc<str>, Answer>,
    otherwise: Moment,
}

/// A mock and the name under which the module under test knows it.
pub struct NamedMock<'a> {
    /// The provider's local name.
    pub name: Arc<str>,
    /// Its alias.
    pub alias: Option<Arc<str>>,
    /// What it answers.
    pub mock: &'a Mock,
}

/// Reads values that tests give.
struct Reading<'a> {
    functions: FunctionContext<'a>,
    sources: &'a SourceMap,
    found: Diagnostics,
}

impl Reading<'_> {
    fn answer(&mut self, values: Option<&Expression>, moment: Moment, span: Span) -> Answer {
        let scope = MapScope::refusing(&self.functions, "Variables may not be used here.");
        let values = values.map(|expression| {
            let (value, problems) = eval::evaluate(expression, &scope);
            self.found.extend(problems);
            value
        });
        Answer { values, moment, place: place(self.sources, span) }
    }

    fn kinds<'k>(
        &mut self,
        kinds: impl IntoIterator<Item = (&'k Arc<str>, &'k MockKind)>,
    ) -> BTreeMap<Arc<str>, Answer> {
        let read = |(name, kind): (&Arc<str>, &MockKind)| {
            (name.clone(), self.answer(kind.defaults.as_ref(), kind.moment, kind.span))
        };
        kinds.into_iter().map(read).collect()
    }

    fn double(&mut self, own: &Override, otherwise: Moment) -> Double {
        let answer = self.answer(own.values.as_ref(), own.moment.unwrap_or(otherwise), own.span);
        Double { kind: own.kind, target: own.target.clone(), answer }
    }
}

impl Doubles {
    /// Those of a run on a configuration.
    pub fn new(
        seed: &str,
        overrides: impl IntoIterator<Item = impl std::borrow::Borrow<Override>>,
        mocks: &[NamedMock<'_>],
        configuration: &Configuration,
        registry: &Registry,
        functions: FunctionContext<'_>,
        sources: &SourceMap,
    ) -> (Self, Diagnostics) {
        let mut reading = Reading { functions, sources, found: Diagnostics::new() };
        let mut doubles: Vec<Double> =
            overrides.into_iter().map(|own| reading.double(own.borrow(), Moment::Apply)).collect();
        let mut mocked = Vec::new();
        for named in mocks {
            doubles.extend(named.mock.overrides.iter().map(|own| reading.double(own, named.mock.moment)));
            let id = ProviderId {
                module: ModulePath::root(),
                name: named.name.clone(),
                alias: named.alias.clone(),
                key: InstanceKey::None,
            };
            let Some(provider) = registry.find(&provider_source(configuration, &id)).cloned() else { continue };
            let session: Arc<dyn Session> = Arc::new(MockSession {
                provider: provider.clone(),
                answer: Answer { moment: named.mock.moment, ..Answer::default() },
                seed: seed.to_owned(),
            });
            mocked.push(Mocked {
                name: named.name.clone(),
                alias: named.alias.clone(),
                provider,
                session,
                resources: reading.kinds(&named.mock.resources),
                data: reading.kinds(&named.mock.data),
                otherwise: named.mock.moment,
            });
        }
        let found = reading.found;
        (Self { seed: seed.to_owned(), overrides: doubles, mocks: mocked, registry: registry.clone() }, found)
    }

    fn double(&self, address: &Address) -> Option<&Double> {
        self.overrides.iter().find(|double| {
            let Some((resource, key)) = &double.target.resource else { return false };
            *resource == address.resource
                && (!double.target.keyed || *key == address.key)
                && same_module(&double.target.module, address.module.steps())
        })
    }

    fn mocked_by(&self, session: &Arc<dyn Session>) -> Option<&Mocked> {
        self.mocks.iter().find(|mocked| Arc::ptr_eq(&mocked.session, session))
    }
}

impl StandIns for Doubles {
    fn provider(&self, name: &str, alias: Option<&str>, _: &Arc<dyn Provider>) -> Option<Arc<dyn Session>> {
        let mocked = self.mocks.iter().find(|mocked| *mocked.name == *name && mocked.alias.as_deref() == alias)?;
        Some(mocked.session.clone())
    }

    fn instance(&self, address: &Address, session: &Arc<dyn Session>) -> Option<Arc<dyn Session>> {
        let mocked = self.mocked_by(session);
        let double = self.double(address);
        let kind = &*address.resource.kind;
        let managed = address.resource.mode == ResourceMode::Managed;
        let answer = match (double, mocked) {
            (Some(double), _) => double.answer.clone(),
            (None, Some(mocked)) => {
                let kinds = if managed { &mocked.resources } else { &mocked.data };
                let otherwise = || Answer { moment: mocked.otherwise, ..Answer::default() };
                kinds.get(kind).cloned().unwrap_or_else(otherwise)
            }
            (None, None) => return None,
        };
        let has_kind = |provider: &&Arc<dyn Provider>| {
            if managed { provider.kind(kind).is_some() } else { provider.data_source(kind).is_some() }
        };
        let provider = mocked.map(|mocked| &mocked.provider).or_else(|| self.registry.iter().find(has_kind))?.clone();
        Some(Arc::new(MockSession { provider, answer, seed: format!("{}\n{address}", self.seed) }))
    }

    fn is_replaced(&self, module: &ModuleInstance) -> bool {
        let steps = module.steps();
        self.overrides.iter().filter(|double| double.kind == OverrideKind::Module).any(|double| {
            let target = &double.target.module;
            steps.get(..target.len()).is_some_and(|above| same_module(target, above))
        })
    }

    fn outputs(&self, module: &ModuleInstance) -> Option<&Fields> {
        let double = self
            .overrides
            .iter()
            .find(|double| double.kind == OverrideKind::Module && same_module(&double.target.module, module.steps()))?;
        Some(double.answer.values.as_ref().and_then(Value::as_fields).unwrap_or(&NOTHING))
    }
}

/// What an overridden module returns of which nothing is said.
static NOTHING: std::sync::LazyLock<Fields> = std::sync::LazyLock::new(Fields::new);

/// Whether a target's steps name a module instance; a step without a key stands for all instances.
fn same_module(target: &[ModuleStep], steps: &[ModuleStep]) -> bool {
    target.len() == steps.len()
        && target.iter().zip(steps).all(|(wanted, step)| {
            wanted.name == step.name && (wanted.key == step.key || wanted.key == InstanceKey::None)
        })
}

/// Warns of an override of what none of the configurations has.
pub fn misaimed<'c>(own: &Override, configurations: impl IntoIterator<Item = &'c Configuration>) -> Option<Diagnostic> {
    let path: ModulePath = own.target.module.iter().map(|step| step.name.clone()).collect();
    let has = |configuration: &Configuration| match &own.target.resource {
        Some((resource, _)) => configuration.module(&path).is_some_and(|m| m.resources.contains_key(resource)),
        None => configuration.module(&path).is_some(),
    };
    let known = configurations.into_iter().any(has);
    (!known).then(|| {
        let detail = format!(
            "The override target {} does not exist within the configuration under test. This could indicate a typo in the \
             target address or an unnecessary override.",
            own.target
        );
        Diagnostic::warning("Invalid override target", detail).at(own.target_span)
    })
}

/// A place for the text of a message: `a.tftest.hcl:3,1-10`.
fn place(sources: &SourceMap, span: Span) -> String {
    let name = sources.get(span.source).map_or("", |source| &source.name);
    match (sources.start(span), sources.end(span)) {
        (Some(start), Some(end)) => format!("{name}:{},{}-{}", start.line, start.column, end.column),
        _ => name.to_owned(),
    }
}
