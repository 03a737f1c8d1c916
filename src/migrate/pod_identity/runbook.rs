//! The README of a migration: who moves, what must be decided, and the steps with the way back from each.

use super::{Added, Fate, Grant, Migration, is_of_stack};

/// The whole text.
pub(super) fn text(migration: &Migration) -> String {
    format!(
        "# To workload identity\n\n| workload | identity | service account | roles | |\n|---|---|---|---|---|\n{rows}{open}{notes}\n\
         Stages are taken back in the reverse order: the last one first.\n\n\
         ## Stage 1: both ways side by side\n\
         1. Set `oidc_issuer_enabled = true` and `workload_identity_enabled = true` on the cluster, and copy `1-side-by-side/workload-identity.tf` to the \
         stack. `bowline plan` must show additions only, and no access lost; then `bowline apply`.\n{again}\
         {accounts}. `kubectl apply -f 1-side-by-side/service-accounts.yaml`\n\n\
         {accounts_back}\
         ## Stage 2: workload by workload\n\
         For each file: `kubectl patch --patch-file FILE -f FILE`, or all of them as the component `2-workloads`. {stays}Check that the \
         workload reaches what it needs. Bare pods cannot be patched: delete them and make them anew.\n\n\
         Libraries that know workload identity: Azure.Identity for .NET from 1.9, azure-identity for Java from 1.9, for JavaScript from 3.2, \
         for Python from 1.13, azidentity for Go from 1.3. For what is older run the command with `-proxy=NAMESPACE/NAME`.\n\n\
         {workloads_back}{last}",
        rows = rows(migration),
        open = list("To be decided first", &migration.open),
        notes = list("Good to know", &migration.notes),
        again = again(migration),
        accounts = if migration.applications.is_empty() { 2 } else { 3 },
        accounts_back = accounts_back(migration),
        stays = stays(migration),
        workloads_back = workloads_back(migration),
        last = [profile_off(migration), secrets_gone(migration)].concat(),
    )
}

fn accounts_back(migration: &Migration) -> String {
    let mut out = String::from("To take it back, while no pod uses the service accounts:");
    let of = |added: Added| migration.moves.iter().any(|one| one.added == added);
    if of(Added::Account) {
        out.push_str(" `kubectl delete -f take-back/1-side-by-side/delete.yaml` for those that were not there before;");
    }
    if of(Added::ClientId) {
        out.push_str(
            " for each other file of `take-back/1-side-by-side`: `kubectl patch --type=merge --patch-file FILE -f FILE`;",
        );
    }
    out + " then remove `workload-identity.tf` and apply. What stays is the OIDC issuer, which Azure does not turn off again; it does \
           nothing to pods.\n\n"
}

fn workloads_back(migration: &Migration) -> String {
    let barred = |one: &&super::Move| one.pods.sign_ins.iter().any(|sign_in| sign_in.back.is_barred);
    let titles: Vec<String> = migration.moves.iter().filter(barred).map(|one| one.pods.title()).collect();
    let mut out = String::from(
        "To take one back: the file of the same name in `take-back/2-workloads`, by the same command; or `kubectl rollout undo`, which \
         makes it what it was before its last change.",
    );
    if !titles.is_empty() {
        out.push_str(&format!(
            " There is no file for {}, whose secret stood in the manifest: undo it, or apply the manifest of before.",
            titles.join(" and ")
        ));
    }
    out + "\n\n"
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
    let labels = "then for each file of `take-back/3-profile-off`: `kubectl patch --patch-file FILE -f FILE`.\n\n";
    if migration.own_installation {
        return format!(
            "{first}2. Keep them where they are written nowhere else (`kubectl get -A -o yaml \
             azureidentity,azureidentitybinding,azurepodidentityexception > pod-identity.yaml`), and delete the AzureIdentityBinding, AzureIdentity and AzurePodIdentityException objects (`kubectl delete -A --all \
             azureidentitybinding,azureidentity,azurepodidentityexception`, or where they are written).\n\
             3. Uninstall AAD Pod Identity (`helm uninstall aad-pod-identity`): until then its NMI refuses what pods without a binding ask of the \
             instance metadata service, afterwards they get the nodes' identity.\n\
             4. Take the role Managed Identity Operator from the kubelet's identity.\n\n\
             To take it back: grant the role again, install AAD Pod Identity, apply the objects that were kept; {labels}"
        );
    }
    let bindings: String = migration.bindings.iter().map(|address| format!("   - `{address}`\n")).collect();
    format!(
        "{first}2. Remove these from the stack and apply; then set `pod_identity_profile {{ enabled = false }}` and apply again:\n{bindings}\
         3. `bowline plan` shows that pods lose access by the label, and must show none that a service account loses.\n\n\
         To take it back: apply the stack of before; {labels}"
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
        "\nTo take it back: the grants by the stack of before, the Secrets with their values from where they are kept; then stage 2. \
         What cannot be taken back is a credential that was deleted: `az ad app credential reset` gives another one, with another value. \
         So delete it last, when nothing has asked for it for a while.\n",
    );
    out
}
