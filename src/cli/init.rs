//! `bowline init` and `bowline get`

use super::Exit;
use super::flags::{VariableFlags, parse_bool};
use super::invocation::Invocation;
use super::loading::{self, Loaded};
use super::migrate::{self, Wish};
use super::{install, providers};
use crate::config::Configuration;
use crate::config::test::TestFolder;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::report::style::Paint;

/// Make the stack in this folder ready to be worked with
///
/// Brings the modules here that are in registries and git repositories; local modules are read where they are, and the
/// providers are part of this program. Terraform's flags are accepted.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Look at where the state is kept
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    backend: bool,
    /// Bring modules here
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "true",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    get: bool,
    /// Bring the newest modules that are allowed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    upgrade: bool,
    /// Settings of the backend: NAME=VALUE or a file
    #[arg(long, value_name = "SETTING")]
    backend_config: Vec<String>,
    #[command(flatten)]
    variables: VariableFlags,
    /// Terraform's other flags; of these, `-test-directory` says where tests lie
    #[command(flatten)]
    accepted: Accepted,
}

/// Flags that scripts give and that have nothing to do here.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // Terraform's flags, independent of one another.
pub struct Accepted {
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    input: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    lock: Option<String>,
    #[arg(long, hide = true)]
    lock_timeout: Option<String>,
    #[arg(long, hide = true)]
    lockfile: Option<String>,
    #[arg(long, hide = true)]
    plugin_dir: Vec<String>,
    #[arg(long, hide = true)]
    test_directory: Option<std::path::PathBuf>,
    #[arg(long, hide = true)]
    reconfigure: bool,
    #[arg(long, hide = true)]
    migrate_state: bool,
    #[arg(long, hide = true)]
    force_copy: bool,
    #[arg(long, hide = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    no_color: Option<String>,
}

impl Accepted {
    /// Where test files lie.
    fn tests(&self) -> TestFolder<'_> {
        let path = self.test_directory.as_deref().unwrap_or(std::path::Path::new("tests"));
        TestFolder { path, named: self.test_directory.is_some() }
    }
}

/// The arguments of `get`.
#[derive(Debug, clap::Args)]
pub struct GetArguments {
    /// Bring the newest modules that are allowed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value = "false",
          default_missing_value = "true", value_parser = parse_bool, action = clap::ArgAction::Set)]
    update: bool,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    accepted: Accepted,
}

/// Brings the modules here, and checks the backend and the providers. As in Terraform the arguments of module calls are
/// not looked at.
pub fn run(arguments: &Arguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let configuration = if arguments.get {
        invocation.print_line("Initializing modules...");
        let tests = arguments.accepted.tests();
        let configuration = install::modules(invocation, arguments.upgrade, &arguments.variables, &tests)?;
        list_modules(&configuration, invocation);
        configuration
    } else {
        let given = super::variables::early(&invocation.environment, &arguments.variables);
        let (configuration, problems) = loading::read(std::path::Path::new("."), &mut invocation.sources, given);
        loading::refuse_errors(invocation, problems)?;
        configuration
    };
    if arguments.backend {
        invocation.print_line("Initializing the backend...");
        let accepted = &arguments.accepted;
        migrate::initialize(
            configuration.root.backend.as_ref(),
            &arguments.backend_config,
            Wish { migrate: accepted.migrate_state || accepted.force_copy, reconfigure: accepted.reconfigure },
            invocation,
        )?;
    }
    let loaded = Loaded::without_values(configuration);
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

/// Brings the modules that the configuration calls here, and tells where they are.
pub fn get(arguments: &GetArguments, invocation: &mut Invocation) -> Result<Exit, Diagnostics> {
    let tests = arguments.accepted.tests();
    let configuration = install::modules(invocation, arguments.update, &arguments.variables, &tests)?;
    list_modules(&configuration, invocation);
    Ok(Exit::Success)
}

fn list_modules(configuration: &Configuration, invocation: &Invocation) {
    for module in configuration.modules().filter(|module| !module.path.is_root()) {
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
