//! `plan -generate-config-out`: resource blocks for what `import` blocks take over and the configuration does not have.

use std::path::Path;

use super::Object;
use super::labels::Names;
use super::narrow::narrowed;
use super::text::blocks;
use crate::address::ProviderAddress;
use crate::cli::invocation::Invocation;
use crate::cli::loading::Loaded;
use crate::config::Import;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::graph::import_target;
use crate::plan::{self, Inspection};
use crate::state::State;

/// Reads every such object and writes its block to a new file of the root module. False when there is none.
pub async fn write_missing(
    out: &Path,
    loaded: &Loaded,
    invocation: &Invocation,
    state: &State,
) -> Result<bool, Diagnostics> {
    refuse(out)?;
    let functions = loaded.functions(None);
    let setting = loaded.setting(invocation);
    let (mut inspection, _) = plan::inspect(setting, functions.context(), loaded.variables.clone(), state);
    let mut objects = Vec::new();
    for block in &loaded.configuration.root.imports {
        objects.extend(missing(block, loaded, &mut inspection).await?);
    }
    if objects.is_empty() {
        return Ok(false);
    }
    let text = blocks(&objects, &Names::of(&objects));
    std::fs::write(out, crate::syntax::fmt::format_text(&text)).map_err(|error| {
        Diagnostic::error("Failed to write generated configuration", format!("{}: {error}.", out.display()))
    })?;
    invocation.print_line(&format!("Written to {}: {} resource blocks. Review them.", out.display(), objects.len()));
    Ok(true)
}

/// The file is read as a part of the root module right away.
fn refuse(out: &Path) -> Result<(), Diagnostic> {
    if out.exists() {
        let detail = format!("{} exists. Move it away, or give another file.", out.display());
        return Err(Diagnostic::error("Target generated file already exists", detail));
    }
    let parent = out.parent().map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let beside = parent.and_then(|folder| folder.canonicalize().ok()) == Path::new(".").canonicalize().ok();
    if !beside || out.extension().is_none_or(|extension| extension != "tf") {
        let detail = "Generated blocks become a part of the root module: give a new file there that ends in .tf.";
        return Err(Diagnostic::error("Invalid generated file", detail));
    }
    Ok(())
}

/// The object of an `import` block without configuration, as it is. What is wrong with the block the plan tells.
async fn missing(
    block: &Import,
    loaded: &Loaded,
    inspection: &mut Inspection<'_>,
) -> Result<Option<Object>, Diagnostics> {
    let Some(target) = import_target(block).filter(|target| target.module.is_root()) else { return Ok(None) };
    if loaded.configuration.resource(&target).is_some() {
        return Ok(None);
    }
    if block.for_each.is_some() {
        let detail = "Configuration is generated only for single instances, not for what has for_each.";
        return Err(Diagnostic::error("Invalid import 'to' expression", detail).at(block.to.root.span).into());
    }
    let name = &*target.resource.kind;
    let Some(provider) = loaded.registry.iter().find(|provider| provider.kind(name).is_some()) else { return Ok(None) };
    let (Some(kind), Some(id)) = (provider.kind(name), &block.id) else { return Ok(None) };
    let Some(id) = inspection.value(id)?.as_str().map(str::to_owned) else { return Ok(None) };
    let Some(session) = inspection.connect(provider.source()) else { return Ok(None) };
    let session = session.await?;
    let recorded = session.reader().import(name, &id).await?;
    let (config, changes) = narrowed(kind, session.reader(), &recorded);
    Ok(Some(Object {
        kind: name.to_owned(),
        provider: ProviderAddress::default_of(provider.source()),
        id,
        recorded,
        config,
        changes,
        label: Some(target.resource.name.to_string()),
    }))
}
