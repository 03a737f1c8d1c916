//! The blocks of a folder's files to the declarations of a [`Module`].

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::address::{ResourceAddress, ResourceMode, WORKLOAD};
use crate::config::call::read_call;
use crate::config::content::{BlockShape, Content, Shape, label};
use crate::config::endpoint::{Endpoint, endpoint_reference, import_target, whole_target};
use crate::config::literal::{discourage_quotes, flag, references, text};
use crate::config::meta::read_check_rules;
use crate::config::module::{Check, Import, Local, Module, ModuleCall, Moved, Output, ProviderBlock, Removed, Text};
use crate::config::resource::{ProvisionerMoment, Resource};
use crate::config::resource_block::{read_provisioners, read_resource};
use crate::config::settings::read_terraform;
use crate::config::variable_block::read_variable;
use crate::config::workload::read_workload;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::span::{SourceMap, Span};
use crate::syntax::scan::is_name;
use crate::syntax::tree::{Block, Expression, ExpressionKind, Ident};

/// What may stand at the top of a file.
pub const FILE: Shape = Shape {
    arguments: &[],
    blocks: &[
        BlockShape::plain("terraform"),
        BlockShape { kind: "provider", labels: &["name"] },
        BlockShape { kind: "variable", labels: &["name"] },
        BlockShape::plain("locals"),
        BlockShape { kind: "output", labels: &["name"] },
        BlockShape { kind: "module", labels: &["name"] },
        BlockShape { kind: "resource", labels: &["type", "name"] },
        BlockShape { kind: "data", labels: &["type", "name"] },
        BlockShape { kind: "ephemeral", labels: &["type", "name"] },
        BlockShape::plain("moved"),
        BlockShape::plain("import"),
        BlockShape { kind: "check", labels: &["name"] },
        BlockShape::plain("removed"),
    ],
};

const OUTPUT: Shape = Shape {
    arguments: &["description", "value!", "depends_on", "sensitive", "ephemeral", "deprecated"],
    blocks: &[BlockShape::plain("precondition"), BlockShape::plain("postcondition")],
};

const MOVED: Shape = Shape { arguments: &["from!", "to!"], blocks: &[] };

const IMPORT: Shape = Shape { arguments: &["to!", "id", "identity", "for_each", "provider"], blocks: &[] };

const REMOVED: Shape = Shape {
    arguments: &["from!"],
    blocks: &[
        BlockShape::plain("lifecycle"),
        BlockShape { kind: "provisioner", labels: &["type"] },
        BlockShape::plain("connection"),
    ],
};

const REMOVED_LIFECYCLE: Shape = Shape { arguments: &["destroy"], blocks: &[] };

const CHECK: Shape = Shape {
    arguments: &[],
    blocks: &[BlockShape { kind: "data", labels: &["type", "name"] }, BlockShape::plain("assert")],
};

const PROVIDER: Shape = Shape { arguments: &["alias", "version", "for_each"], blocks: &[] };

/// What names may look like.
pub const NAME_RULE: &str =
    "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.";

/// Reads blocks into a module and reports what is wrong with them.
pub struct Declarer<'a> {
    /// The module that is filled.
    pub module: Module,
    /// What was found wrong so far.
    pub diagnostics: Diagnostics,
    /// To tell people where the first of two was.
    pub sources: &'a SourceMap,
    /// Where the module's `required_providers` block is.
    pub required_providers: Option<Span>,
    provider_spans: HashMap<(Arc<str>, Option<Arc<str>>), Span>,
}

impl<'a> Declarer<'a> {
    /// For a module that has its place and nothing else yet.
    pub fn new(module: Module, sources: &'a SourceMap) -> Self {
        Self {
            module,
            diagnostics: Diagnostics::new(),
            sources,
            required_providers: None,
            provider_spans: HashMap::new(),
        }
    }

    /// Reads one block of the file's top level.
    pub fn block(&mut self, block: Block) {
        match &*block.kind.name {
            "terraform" => read_terraform(self, block),
            "provider" => self.provider(block),
            "variable" => self.variable(block),
            "locals" => self.locals(block),
            "output" => self.output(block),
            "module" => self.call(block),
            "resource" => self.resource(block, ResourceMode::Managed),
            "data" => self.resource(block, ResourceMode::Data),
            "ephemeral" => self.resource(block, ResourceMode::Ephemeral),
            "moved" => self.moved(block),
            "import" => self.import(block),
            "check" => self.check(block),
            "removed" => self.removed(block),
            _ => {}
        }
    }

    /// Where a place is, for the text of a message.
    pub fn at(&self, span: Span) -> String {
        let name = self.sources.get(span.source).map_or("", |source| &source.name);
        let start = self.sources.start(span);
        start.map_or_else(|| name.to_owned(), |p| format!("{name}:{},{}", p.line, p.column))
    }

    /// Reports a label that is no name.
    pub fn check_name(&mut self, block: &Block, index: usize, what: &str) {
        if let Some(label) = block.labels.get(index) {
            self.check_ident(label, what);
        }
    }

    fn check_ident(&mut self, name: &Ident, what: &str) {
        if !is_name(&name.name) {
            self.diagnostics.error_at(name.span, format!("Invalid {what}"), NAME_RULE);
        }
    }

    fn duplicate(&mut self, span: Span, first: Span, what: &str, name: &str, rule: &str) {
        let detail = format!("A {what} named \"{name}\" was already declared at {}. {rule}", self.at(first));
        let what = if what == "module call" { "module call".to_owned() } else { format!("{what} definition") };
        let summary = match &*what {
            "variable definition" => "Duplicate variable declaration".to_owned(),
            _ => format!("Duplicate {what}"),
        };
        self.diagnostics.error_at(span, summary, detail);
    }

    fn variable(&mut self, block: Block) {
        self.check_name(&block, 0, "variable name");
        let variable = read_variable(block, &mut self.diagnostics);
        if let Some(first) = self.module.variables.get(&variable.name).map(|v| v.span) {
            let rule = "Variable names must be unique within a module.";
            return self.duplicate(variable.span, first, "variable", &variable.name, rule);
        }
        self.module.variables.insert(variable.name.clone(), variable);
    }

    fn locals(&mut self, block: Block) {
        let json = block.body.json;
        for nested in &block.body.blocks {
            let summary = format!("Unexpected \"{}\" block", nested.kind.name);
            self.diagnostics.error_at(nested.header, summary, "Blocks are not allowed here.");
        }
        for attribute in block.body.attributes {
            let name = attribute.name.name.clone();
            self.check_ident(&attribute.name, "local value name");
            let local = Local { name: name.clone(), value: attribute.value, span: attribute.span };
            if let Some(first) = self.module.locals.get(&name).map(|l| l.span) {
                let detail = format!(
                    "A local value named \"{name}\" was already defined at {}. Local value names must be unique within \
                     a module.",
                    self.at(first)
                );
                let summary = if json { "Duplicate attribute definition" } else { "Duplicate local value definition" };
                self.diagnostics.error_at(local.span, summary, detail);
                continue;
            }
            self.module.locals.insert(name, local);
        }
    }

    fn output(&mut self, block: Block) {
        self.check_name(&block, 0, "output name");
        let (name, span) = (label(&block, 0), block.header);
        let body_span = block.body.span.unwrap_or(span);
        discourage_quotes(&block.body, &["depends_on"], &mut self.diagnostics);
        let mut content = OUTPUT.content(block.body, span, &mut self.diagnostics);
        let found = &mut self.diagnostics;
        for rule in content.blocks("postcondition") {
            let detail = "Only input variables and resources have checks on their results; use \"precondition\" here.";
            found.error_at(rule.header, "Postconditions are not allowed", detail);
        }
        let missing = Expression { kind: ExpressionKind::Invalid, span: body_span };
        let output = Output {
            name: name.clone(),
            value: content.value("value").unwrap_or(missing),
            description: content.value("description").and_then(|e| text(&e, found)),
            sensitive: content.value("sensitive").and_then(|e| flag(&e, found)).unwrap_or(false),
            ephemeral: content.value("ephemeral").and_then(|e| flag(&e, found)).unwrap_or(false),
            deprecated: content.value("deprecated").and_then(|e| text(&e, found)),
            depends_on: content.value("depends_on").map(|e| references(e, found)).unwrap_or_default(),
            preconditions: read_check_rules(content.blocks("precondition"), found),
            span,
        };
        if let Some(first) = self.module.outputs.get(&name).map(|o| o.span) {
            let rule = "Output names must be unique within a module.";
            return self.duplicate(span, first, "output", &name, rule);
        }
        self.module.outputs.insert(name, output);
    }

    fn call(&mut self, block: Block) {
        self.check_name(&block, 0, "module instance name");
        let Some(call) = read_call(block, &mut self.diagnostics) else { return };
        self.add_call(call);
    }

    fn add_call(&mut self, call: ModuleCall) {
        if let Some(first) = self.module.calls.get(&call.name).map(|c| c.span) {
            let rule = "Module calls must have unique names within a module.";
            return self.duplicate(call.span, first, "module call", &call.name, rule);
        }
        self.module.calls.insert(call.name.clone(), call);
    }

    fn resource(&mut self, block: Block, mode: ResourceMode) {
        let what = match mode {
            ResourceMode::Managed => ["resource type name", "resource name"],
            ResourceMode::Data => ["data source name", "data resource name"],
            ResourceMode::Ephemeral => ["resource type name", "ephemeral resource name"],
        };
        self.check_name(&block, 0, what[0]);
        self.check_name(&block, 1, what[1]);
        if mode == ResourceMode::Managed && &*label(&block, 0) == WORKLOAD {
            let call = read_workload(block, &mut self.diagnostics);
            return call.into_iter().for_each(|call| self.add_call(call));
        }
        let resource = read_resource(block, mode, &mut self.diagnostics);
        self.add_resource(resource);
    }

    fn add_resource(&mut self, resource: Resource) {
        let ResourceAddress { mode, kind, name } = &resource.address;
        if let Some(first) = self.module.resources.get(&resource.address).map(|r| r.header) {
            let what = match mode {
                ResourceMode::Managed => "resource",
                ResourceMode::Data => "data",
                ResourceMode::Ephemeral => "ephemeral",
            };
            let detail = format!(
                "A {kind} {what} named \"{name}\" was already declared at {}. Resource names must be unique per type in \
                 each module.",
                self.at(first)
            );
            let summary = format!("Duplicate {what} \"{kind}\" configuration");
            return self.diagnostics.error_at(resource.header, summary, detail);
        }
        self.module.resources.insert(resource.address.clone(), Box::new(resource));
    }

    fn provider(&mut self, block: Block) {
        let (name, span) = (label(&block, 0), block.header);
        let (mut content, body) = PROVIDER.partial(block.body, span, &mut self.diagnostics);
        let alias = content.value("alias").map(|e| self.alias(&e));
        let for_each = content.value("for_each");
        if let Some(repeated) = for_each.as_ref().filter(|_| alias.is_none()) {
            let detail = "A provider block with \"for_each\" needs an \"alias\" too, by which what it stands for is named: \
                          provider = NAME.ALIAS[KEY].";
            self.diagnostics.error_at(repeated.span, "Alias required when using \"for_each\"", detail);
        }
        let provider = ProviderBlock { name, alias, for_each, body, span };
        let key = (provider.name.clone(), provider.alias.as_ref().map(|a| a.value.clone()));
        match self.provider_spans.entry(key) {
            Entry::Occupied(first) => {
                let first = self.sources.start(*first.get()).map_or(0, |p| p.line);
                let (summary, what) = match &provider.alias {
                    None => ("Duplicate provider configuration", "A default (non-aliased) provider configuration"),
                    Some(_) => ("Duplicate provider configuration", "A provider configuration with this alias"),
                };
                let detail = format!(
                    "{what} for \"{}\" was already given on line {first}. If several configurations are required, set \
                     a different \"alias\" for each.",
                    provider.name
                );
                self.diagnostics.error_at(span, summary, detail);
            }
            Entry::Vacant(place) => {
                place.insert(span);
                self.module.providers.push(provider);
            }
        }
    }

    /// An alias; one that cannot be used is told without a place, as in Terraform.
    fn alias(&mut self, expression: &Expression) -> Text {
        let alias = text(expression, &mut self.diagnostics).unwrap_or(Text { value: "".into(), span: expression.span });
        if !is_name(&alias.value) {
            let detail = format!("An alias must be a valid name. {NAME_RULE}");
            self.diagnostics.push(Diagnostic::error("Invalid provider configuration alias", detail));
        }
        alias
    }

    fn moved(&mut self, block: Block) {
        let (span, json) = (block.header, block.body.json);
        let mut content = MOVED.content(block.body, span, &mut self.diagnostics);
        let mut end = |name| {
            let reference = endpoint_reference(content.value(name)?, json, &mut self.diagnostics)?;
            match Endpoint::read(&reference) {
                Ok(_) => Some(reference),
                Err(problem) => {
                    self.diagnostics.push(problem);
                    None
                }
            }
        };
        let (from, to) = (end("from"), end("to"));
        if let (Some(from), Some(to)) = (from, to) {
            let of_resource = |reference| Endpoint::read(reference).is_ok_and(|e| e.resource.is_some());
            if of_resource(&from) == of_resource(&to) {
                self.module.moved.push(Moved { from, to, span });
            } else {
                let detail =
                    "The \"from\" and \"to\" addresses must either both refer to resources or both refer to modules.";
                self.diagnostics.error_at(span, "Invalid \"moved\" addresses", detail);
            }
        }
    }

    fn import(&mut self, block: Block) {
        let (span, json) = (block.header, block.body.json);
        let found = &mut self.diagnostics;
        let mut content = IMPORT.content(block.body, span, found);
        let (id, identity) = (content.value("id"), content.value("identity"));
        match (&id, &identity) {
            (None, None) => {
                let detail = "The argument \"id\" is required, but no definition was found.";
                found.error_at(span, "Missing required argument", detail);
            }
            (Some(_), Some(identity)) => {
                let detail = "An import block names the object by \"id\" or by \"identity\", not by both.";
                found.error_at(identity.span, "Invalid import block", detail);
            }
            _ => {}
        }
        let for_each = content.value("for_each");
        let provider = content.value("provider").and_then(|e| crate::config::literal::provider(e, found));
        let Some(to) = content.take("to") else { return };
        let place = to.value.span;
        match import_target(to.value, json, for_each.is_some(), found) {
            Some(to) => {
                let target = Endpoint::read(&to).ok().filter(|_| for_each.is_none());
                let same = |import: &Import| import.for_each.is_none() && Endpoint::read(&import.to).ok() == target;
                let whole = id.is_some() || identity.is_some();
                if let Some(target) = target.as_ref().filter(|_| self.module.imports.iter().any(same)) {
                    let detail = "Another import block takes over an object to the same address.";
                    found.error_at(place, format!("Duplicate import configuration for \"{target}\""), detail);
                }
                if whole {
                    self.module.imports.push(Import { to, id, identity, for_each, provider, span });
                }
            }
            None => found.error_at(place, "Invalid import address", "Only managed resources can be imported."),
        }
    }

    fn removed(&mut self, block: Block) {
        let (span, json) = (block.header, block.body.json);
        let found = &mut self.diagnostics;
        let mut content = REMOVED.content(block.body, span, found);
        let lifecycle = content.block("lifecycle", found);
        let mut lifecycle = lifecycle.map(|l| REMOVED_LIFECYCLE.content(l.body, l.header, found)).unwrap_or_default();
        let destroy = lifecycle.value("destroy").and_then(|e| flag(&e, found)).unwrap_or(true);
        let provisioners = read_provisioners(&mut content, found);
        for provisioner in provisioners.iter().filter(|p| p.when == ProvisionerMoment::Create) {
            let detail = "Nothing is made here, so a provisioner in a removed block needs when = destroy.";
            found.error_at(provisioner.span, "Invalid provisioner block", detail);
        }
        let Some(from) = content.value("from").and_then(|e| endpoint_reference(e, json, found)) else { return };
        match whole_target(&from) {
            Ok(()) => self.module.removed.push(Removed { from, destroy, provisioners, span }),
            Err(problem) => found.push(problem),
        }
    }

    fn check(&mut self, block: Block) {
        self.check_name(&block, 0, "check block name");
        let (name, span) = (label(&block, 0), block.header);
        let mut content: Content = CHECK.content(block.body, span, &mut self.diagnostics);
        let mut data = None;
        for block in content.blocks("data") {
            if data.is_some() {
                let detail = "A check block has at most one data source; this is another one.";
                self.diagnostics.error_at(block.header, "Multiple data resource blocks", detail);
                continue;
            }
            let mut found = Diagnostics::new();
            for attribute in block.body.attributes.iter().filter(|a| matches!(&*a.name.name, "count" | "for_each")) {
                let argument = &attribute.name.name;
                let detail = format!("The data source of a check block is read once, so it has no \"{argument}\".");
                found.error_at(attribute.name.span, format!("Invalid \"{argument}\" attribute"), detail);
            }
            let mut resource = read_resource(block, ResourceMode::Data, &mut found);
            // One with a fault does not stand in the way of the next one.
            data = (!found.has_errors()).then(|| resource.address.clone());
            self.diagnostics.extend(found);
            resource.check = Some(name.clone());
            self.add_resource(resource);
        }
        let asserts = read_check_rules(content.blocks("assert"), &mut self.diagnostics);
        let check = Check { name: name.clone(), data, asserts, span };
        match self.module.checks.entry(name.clone()) {
            indexmap::map::Entry::Occupied(taken) => {
                let first = taken.get().span;
                let detail = format!("A check block named \"{name}\" was already declared at {}.", self.at(first));
                self.diagnostics.error_at(span, format!("Duplicate check \"{name}\" configuration"), detail);
                self.module.repeated_checks.push(check);
            }
            indexmap::map::Entry::Vacant(free) => drop(free.insert(check)),
        }
    }
}
