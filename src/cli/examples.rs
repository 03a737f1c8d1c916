//! Examples for the help of commands that say none beside their arguments, or share these with another command.

/// The command's words, and command lines with it.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("init", &["bowline init", "bowline init -upgrade", "bowline init -backend-config=prod.tfbackend"]),
    ("version", &["bowline version", "bowline version -json"]),
    ("console", &["bowline console", "echo 'upper(\"a\")' | bowline console"]),
    ("fmt", &["bowline fmt -recursive", "bowline fmt -check -diff"]),
    ("get", &["bowline get", "bowline get -update"]),
    ("modules", &["bowline modules -json"]),
    ("destroy", &["bowline destroy", "bowline destroy -target=module.workload"]),
    ("refresh", &["bowline refresh"]),
    ("taint", &["bowline taint azurerm_subnet.nodes"]),
    ("untaint", &["bowline untaint azurerm_subnet.nodes"]),
    ("force-unlock", &["bowline force-unlock 11111111-1111-4111-8111-111111111111"]),
    ("simulator", &["bowline simulator", "bowline plan -simulate=http://127.0.0.1:4711"]),
    (
        "completions",
        &["source <(bowline completions bash)", "bowline completions fish > ~/.config/fish/completions/bowline.fish"],
    ),
    ("providers", &["bowline providers"]),
    ("providers schema", &["bowline providers schema -json"]),
    ("metadata", &["bowline metadata functions -json"]),
    ("metadata functions", &["bowline metadata functions -json"]),
    ("state", &["bowline state list", "bowline state mv azurerm_subnet.a azurerm_subnet.b"]),
    ("state identities", &["bowline state identities"]),
    ("manifests check", &["bowline manifests check -stack=infra deploy/", "bowline manifests check -fix deploy/"]),
    (
        "manifests render",
        &["bowline manifests render -stack=infra", "bowline manifests render -stack=infra -kustomize deploy/"],
    ),
    ("migrate azurerm", &["bowline migrate azurerm", "bowline migrate azurerm -write . modules/network"]),
    ("migrate pod-identity", &["bowline migrate pod-identity -stack=infra -out=migration cluster.yaml"]),
    ("state list", &["bowline state list", "bowline state list module.cluster"]),
    ("state show", &["bowline state show azurerm_subnet.nodes"]),
    ("state mv", &["bowline state mv azurerm_subnet.a module.network.azurerm_subnet.a"]),
    ("state rm", &["bowline state rm azurerm_subnet.nodes"]),
    ("state pull", &["bowline state pull > backup.tfstate"]),
    ("state push", &["bowline state push backup.tfstate"]),
    ("state replace-provider", &["bowline state replace-provider hashicorp/azurerm registry.example/team/azurerm"]),
    ("state history", &["bowline state history"]),
    ("state restore", &["bowline state restore 12"]),
    ("workspace", &["bowline workspace list", "bowline workspace select prod"]),
    ("workspace list", &["bowline workspace list"]),
    ("workspace show", &["bowline workspace show"]),
    ("workspace new", &["bowline workspace new staging"]),
    ("workspace select", &["bowline workspace select prod", "bowline workspace select -or-create staging"]),
    ("workspace delete", &["bowline workspace delete staging"]),
    (
        "access who-can",
        &[
            "bowline access who-can Microsoft.KeyVault/vaults/secrets/getSecret/action on azapi_resource.vault",
            "bowline access who-can -live Microsoft.Authorization/roleAssignments/write /subscriptions/SUBSCRIPTION",
        ],
    ),
    ("access what-can", &["bowline access what-can shop/checkout", "bowline access what-can -plan=plan.out aks-prod"]),
    ("access path", &["bowline access path shop/checkout azapi_resource.vault"]),
];

/// The commands with their examples.
pub fn added(command: clap::Command) -> clap::Command {
    below(command, "")
}

fn below(command: clap::Command, above: &str) -> clap::Command {
    command.mut_subcommands(|command| {
        let path = format!("{above}{}", command.get_name());
        let examples = EXAMPLES.iter().find(|(name, _)| *name == path);
        let command = match examples {
            Some((_, lines)) => {
                let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
                command.after_help(format!("Examples:\n{}", lines.join("\n")))
            }
            None => command,
        };
        below(command, &format!("{path} "))
    })
}

#[cfg(test)]
mod tests {
    use super::EXAMPLES;

    fn walk(command: &clap::Command, above: &str, found: &mut Vec<(String, bool)>) {
        for command in command.get_subcommands() {
            let path = format!("{above}{}", command.get_name());
            let has = command.get_after_help().is_some_and(|help| help.to_string().starts_with("Examples:\n  "));
            walk(command, &format!("{path} "), found);
            found.push((path, has));
        }
    }

    #[test]
    fn every_command_has_examples_and_every_example_a_command() {
        let mut found = Vec::new();
        walk(&crate::cli::parser(), "", &mut found);
        let without: Vec<&str> = found.iter().filter(|(_, has)| !has).map(|(path, _)| path.as_str()).collect();
        assert!(without.is_empty(), "no examples: {}", without.join(", "));
        let unknown: Vec<&str> = EXAMPLES
            .iter()
            .map(|(path, _)| *path)
            .filter(|path| !found.iter().any(|(known, _)| known == path))
            .collect();
        assert!(unknown.is_empty(), "no such command: {}", unknown.join(", "));
    }
}
