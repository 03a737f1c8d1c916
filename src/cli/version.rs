//! `bowline version`

use serde_json::json;

use super::Exit;
use super::flags::parse_bool;
use super::invocation::Invocation;
use crate::diagnostic::Diagnostics;
use crate::state::TERRAFORM_VERSION;

/// Show the version
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// As JSON
    #[arg(long, num_args = 0..=1, require_equals = true, default_value = "false", default_missing_value = "true",
          value_parser = parse_bool, action = clap::ArgAction::Set, value_name = "BOOL")]
    json: bool,
}

/// Shows this program's version and the Terraform release whose language it speaks.
pub fn run(arguments: &Arguments, invocation: &Invocation) -> Result<Exit, Diagnostics> {
    let version = env!("CARGO_PKG_VERSION");
    let platform = platform();
    if arguments.json {
        let document = json!({
            "bowline_version": version,
            "terraform_version": TERRAFORM_VERSION,
            "platform": platform,
            "provider_selections": {},
            "terraform_outdated": false,
        });
        invocation.print_line(&format!("{document:#}"));
    } else {
        invocation.print(&format!("Bowline v{version}\nspeaks Terraform v{TERRAFORM_VERSION}\non {platform}\n"));
    }
    Ok(Exit::Success)
}

/// In Terraform's words: `linux_amd64`.
fn platform() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let system = if std::env::consts::OS == "macos" { "darwin" } else { std::env::consts::OS };
    format!("{system}_{architecture}")
}
