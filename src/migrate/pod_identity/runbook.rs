//! The README of a migration: who moves, what must be decided, and the steps with the way back from each.

use super::{Fate, Grant, Migration, is_of_stack};

/// The whole text.
pub(super) fn text(migration: &Migration) -> String {
    format!(
        "# To workload identity\n\n| workload | identity | service account | roles | |\n|---|---|---|---|---|\n{rows}{open}{notes}\n\
         ## Stage 1: both ways side by side\n\
         1. Set `oidc_issuer_enabled = true` and `workload_identity_enabled = true` on the cluster, and copy `1-side-by-side/workload-identity.tf` to the \
         stack. `bowline plan` must show additions only, and no access lost; then `bowline apply`.\n{again}\
         {accounts}. `kubectl apply -f 1-side-by-side/service-accounts.yaml`\n\n\
         To take it back: remove the file and apply; delete the service accounts. No pod has used them.\n\n\
         ## Stage 2: workload by workload\n\
         For each file: `kubectl patch --patch-file FILE -f FILE`, or all of them as the component `2-workloads`. {stays}Check that the \
         workload reaches what it needs. Bare pods cannot be patched: delete them and make them anew.\n\n\
         Libraries that know workload identity: Azure.Identity for .NET from 1.9, azure-identity for Java from 1.9, for JavaScript from 3.2, \
         for Python from 1.13, azidentity for Go from 1.3. For what is older run the command with `-proxy=NAMESPACE/NAME`.\n\n\
         To take it back: `kubectl rollout undo`{label}.\n\n{last}",
        rows = rows(migration),
        open = list("To be decided first", &migration.open),
        notes = list("Good to know", &migration.notes),
        again = again(migration),
        accounts = if migration.applications.is_empty() { 2 } else { 3 },
        stays = stays(migration),
        label = if migration.labelled().next().is_some() {
            ", or patch the label `azure.workload.identity/use` away"
        } else {
            ""
        },
        last = [profile_off(migration), secrets_gone(migration)].concat(),
    )
}

fn rows(migration: &Migration) -> String {
    let row = |one: &super::Move| {
        let application = migration.applications.iter().find(|a| Some(&a.client) == one.application.as_ref());
        let mut remarks: Vec<String> =
            application.map(|application| format!("in place of {}", application.title())).into_iter().collect();
        remarks.extend(one.by_proxy.then(|| "with the proxy".to_owned()));
        format!(
            "| {} | {} | {}/{} | {} | {} |\n",
            one.pods.title(),
            one.identity.name,
            one.namespace,
            one.account,
            one.identity.roles.join(", "),
            remarks.join(", ")
        )
    };
    migration.moves.iter().map(row).collect()
}

fn list(title: &str, sentences: &[String]) -> String {
    if sentences.is_empty() {
        return String::new();
    }
    let lines: String = sentences.iter().map(|sentence| format!("- {sentence}\n")).collect();
    format!("\n## {title}\n{lines}")
}

/// The client ids of new identities are known only then.
fn again(migration: &Migration) -> &'static str {
    if migration.applications.is_empty() {
        return "";
    }
    "2. Run the command that wrote this once more: the client ids of the new identities are known now, and the service accounts get them.\n"
}

fn stays(migration: &Migration) -> String {
    let mut out = String::new();
    if migration.labelled().next().is_some() {
        out.push_str(
            "Pods with the label `aadpodidbinding` keep it: they are made anew with both ways, and a library that does not know workload \
             identity goes on with the old one. ",
        );
    }
    if migration.moves.iter().any(|one| !one.pods.sign_ins.is_empty()) {
        out.push_str(
            "Pods that signed in with a secret no longer do, since libraries prefer it to the token; the Secret is there still. ",
        );
    }
    out
}

fn profile_off(migration: &Migration) -> String {
    if migration.labelled().next().is_none() {
        return String::new();
    }
    let first = "## Stage 3: pod identity off\n\
                 1. When every workload runs with workload identity: the patches of `3-profile-off` take the label `aadpodidbinding` away.\n";
    let back = "To take it back: apply the stack of before, and `kubectl rollout undo` for the labels.\n\n";
    if migration.own_installation {
        return format!(
            "{first}2. Delete the AzureIdentityBinding, AzureIdentity and AzurePodIdentityException objects (`kubectl delete -A --all \
             azureidentitybinding,azureidentity,azurepodidentityexception`, or where they are written).\n\
             3. Uninstall AAD Pod Identity (`helm uninstall aad-pod-identity`): until then its NMI refuses what pods without a binding ask of the \
             instance metadata service, afterwards they get the nodes' identity.\n\
             4. Take the role Managed Identity Operator from the kubelet's identity.\n\n{back}"
        );
    }
    let bindings: String = migration.bindings.iter().map(|address| format!("   - `{address}`\n")).collect();
    format!(
        "{first}2. Remove these from the stack and apply; then set `pod_identity_profile {{ enabled = false }}` and apply again:\n{bindings}\
         3. `bowline plan` shows that pods lose access by the label, and must show none that a service account loses.\n\n{back}"
    )
}

fn secrets_gone(migration: &Migration) -> String {
    if migration.applications.is_empty() {
        return String::new();
    }
    let mut out = String::from(
        "## Stage 3: the secrets gone\nWhen every workload runs with workload identity. Where a chart or a stack writes the Secrets, take \
         them out there.\n",
    );
    if migration.farewells.iter().any(|farewell| farewell.fate == Fate::Goes) {
        out.push_str("- `kubectl delete -f 3-secrets-gone/delete.yaml`\n");
    }
    for farewell in &migration.farewells {
        let name = format!("{}/{}", farewell.namespace, farewell.secret);
        match &farewell.fate {
            Fate::Goes => {}
            Fate::Loses(_) => {
                let file = format!("3-secrets-gone/{}-secret-{}.yaml", farewell.namespace, farewell.secret);
                out.push_str(&format!("- Secret {name} holds something else too: `kubectl patch --type=merge --patch-file {file} -f {file}`\n"));
            }
            Fate::Stays(why) => out.push_str(&format!("- Secret {name} stays: {}.\n", why.join("; "))),
        }
    }
    for application in &migration.applications {
        let of_stack = |grant: &&Grant| is_of_stack(&grant.assignment);
        let addresses: Vec<String> =
            application.grants.iter().filter(of_stack).map(|grant| format!("`{}`", grant.assignment)).collect();
        let others = application.grants.len() - addresses.len();
        let client = &application.client;
        out.push_str(&format!("- Of {}: ", application.title()));
        if !addresses.is_empty() {
            out.push_str(&format!("remove {} from the stack and apply; ", addresses.join(", ")));
        }
        if others > 0 {
            out.push_str(&format!("`az role assignment delete --assignee {client}` for what no stack has; "));
        }
        out.push_str(&format!(
            "then delete its credentials (`az ad app credential list --id {client}`, `az ad app credential delete`), if nobody else signs in \
             with them.\n"
        ));
    }
    out.push_str(
        "\nTo take it back: the Secret with its values, from where they are kept, and `kubectl rollout undo`.\n",
    );
    out
}
