//! `bowline init` and `bowline get`

use super::Exit;
use super::invocation::Invocation;
use super::loading::{self, Loaded};
use super::migrate::Wish;
use super::providers;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::style::Paint;

/// Check that the stack in this folder can be worked with
///
/// There is nothing to download: the providers are part of this program, and local modules are read where they are.
/// Terraform's flags are accepted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Settings of the backend: NAME=VALUE or a file
    #[arg(long, value_name = "SETTING")]
    backend_config: Vec<String>,
    /// Terraform's other flags, which change nothing here
    #[command(flatten)]
    accepted: Accepted,
}

/// Flags that scripts give and that have nothing to do here.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // Terraform's flags, independent of one another.
pub struct Accepted {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    backend: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    input: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    get: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    upgrade: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    update: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    lock: Option<String>,
    #[arg(long, hide = true)]
    lock_timeout: Option<String>,
    #[arg(long, hide = true)]
    lockfile: Option<String>,
    #[arg(long, hide = true)]
    plugin_dir: Vec<String>,
    #[arg(long, hide = true)]
    test_directory: Option<String>,
    #[arg(long, hide = true)]
    reconfigure: bool,
    #[arg(long, hide = true)]
    migrate_state: bool,
    #[arg(long, hide = true)]
    force_copy: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_color: Option<String>,
}

/// Checks the backend, the modules and the providers.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    invocation.print_line("Initializing the backend...");
    let loaded = loading::load(invocation, None)?;
    let accepted = &arguments.accepted;
    super::migrate::initialize(
        loaded.configuration.root.backend.as_ref(),
        &arguments.backend_config,
        Wish { migrate: accepted.migrate_state || accepted.force_copy, reconfigure: accepted.reconfigure },
        invocation,
    )?;
    if !loaded.configuration.root.calls.is_empty() {
        invocation.print_line("Initializing modules...");
        list_modules(&loaded, invocation);
    }
    invocation.print_line("Initializing provider plugins...");
    let mut found = Diagnostics::new();
    for source in providers::used(&loaded) {
        match loaded.registry.find(&source) {
            Some(_) => invocation.print_line(&format!("- {source} is built in to Bowline")),
            None => found.push(unknown_provider(&source)),
        }
    }
    if found.has_errors() {
        return Err(found);
    }
    let done = invocation.out.paint(Paint::BoldGreen, "Bowline has been successfully initialized!");
    invocation.print_line(&format!(
        "\n{done}\n\nYou may now begin working with Bowline. Try running \"bowline plan\" to see\nany changes that are \
         required for your infrastructure."
    ));
    Ok(Exit::Success)
}

/// Tells which modules the configuration calls and where they are.
pub fn get(invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let loaded = loading::load(invocation, None)?;
    list_modules(&loaded, invocation);
    Ok(Exit::Success)
}

fn list_modules(loaded: &Loaded, invocation: &Invocation) {
    for module in loaded.configuration.modules().filter(|module| !module.path.is_root()) {
        let names: Vec<&str> = module.path.names().iter().map(|name| &**name).collect();
        invocation.print_line(&format!("- {} in {}", names.join("."), module.folder.display()));
    }
}

fn unknown_provider(source: &str) -> Diagnostic {
    Diagnostic::error(
        "Failed to query available provider packages",
        format!(
            "The configuration uses the provider {source}, which is not one of those that Bowline has built in. Providers \
             cannot be downloaded: move what needs it to a stack of its own that Terraform applies."
        ),
    )
}
