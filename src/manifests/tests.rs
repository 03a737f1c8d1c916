#![allow(clippy::unwrap_used)]

use super::*;

fn stack() -> Stack {
    let account = |namespace: &str, name: &str, client: &str| Account {
        namespace: namespace.into(),
        name: name.into(),
        client: (!client.is_empty()).then(|| client.to_owned()),
        identity: format!("id-{name}"),
        credential: format!("azurerm_federated_identity_credential.{name}"),
    };
    Stack {
        accounts: vec![
            account("shop", "cart", "00000000-0000-4000-8000-00000000000a"),
            account("shop", "checkout", "00000000-0000-4000-8000-00000000000b"),
            account("later", "api", ""),
        ],
        bindings: vec![Binding {
            namespace: "shop".into(),
            selector: "cart".into(),
            client: Some("00000000-0000-4000-8000-00000000000a".into()),
        }],
    }
}

/// What is found in a text: the line and the rule.
fn found(text: &str, stack: Option<&Stack>) -> Vec<(usize, &'static str)> {
    let mut sources = SourceMap::default();
    let source = sources.add("m.yaml", None, text);
    let (loaded, unreadable) = load(source, &sources);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let report = check(&[loaded], &sources, stack, None);
    let line = |finding: &Finding| sources.start(finding.place).unwrap().line;
    report.findings.iter().map(|finding| (line(finding), finding.rule.name)).collect()
}

fn mended(text: &str, stack: Option<&Stack>) -> String {
    let mut text = text.to_owned();
    for _ in 0..20 {
        let mut sources = SourceMap::default();
        let source = sources.add("m.yaml", None, text.as_str());
        let (loaded, _) = load(source, &sources);
        let edits = edits(&check(&[loaded], &sources, stack, None).findings);
        let Some(edits) = edits.get(&source) else { break };
        text = apply(&text, edits);
    }
    text
}

fn pod(metadata: &str, spec: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: cart\n  namespace: shop\n{metadata}spec:\n{spec}  containers:\n  - name: c\n    image: i\n"
    )
}

const LABELLED: &str = "  labels:\n    azure.workload.identity/use: \"true\"\n";
const CART: &str = "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: cart\n  namespace: shop\n  annotations:\n    azure.workload.identity/client-id: 00000000-0000-4000-8000-00000000000a\n";

#[test]
fn each_fault_is_found_at_its_line() {
    let stack = stack();
    let sound = pod(LABELLED, "  serviceAccountName: cart\n") + CART;
    assert_eq!(found(&sound, Some(&stack)), []);
    assert_eq!(found(&sound, None), []);
    for (text, expected) in [
        (pod("", "  serviceAccountName: cart\n") + CART, vec![(7, "workload-label")]),
        (
            pod("  labels:\n    azure.workload.identity/use: true\n", "  serviceAccountName: cart\n") + CART,
            vec![(7, "value-not-text")],
        ),
        (
            pod("  annotations:\n    azure.workload.identity/use: \"true\"\n", "  serviceAccountName: cart\n") + CART,
            vec![(7, "workload-label")],
        ),
        (pod(LABELLED, "  serviceAccountName: crat\n"), vec![(9, "no-credential")]),
        (pod(LABELLED, "  serviceAccountName: checkout\n"), vec![(9, "account-missing")]),
        (pod("  labels:\n    aadpodidbinding: cart\n", ""), vec![(7, "pod-identity")]),
        (pod("  labels:\n    aadpodidbinding: crat\n", ""), vec![(7, "binding-missing")]),
        (sound.replace("00000000a", "000000009"), vec![(20, "account-client-id")]),
        (
            sound.replace("identity/client-id", "identity/clientid"),
            vec![(17, "account-client-id"), (20, "unknown-annotation")],
        ),
        (
            pod(
                &format!(
                    "{LABELLED}  annotations:\n    azure.workload.identity/service-account-token-expiration: \"60\"\n"
                ),
                "  serviceAccountName: cart\n",
            ) + CART,
            vec![(9, "token-expiration")],
        ),
    ] {
        assert_eq!(found(&text, Some(&stack)), expected, "{text}");
    }
}

#[test]
fn two_bindings_for_one_selector_are_told_where_the_second_says_so() {
    let binding = |name: &str, namespace: &str| {
        format!(
            "apiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{azureIdentity: {name}, selector: cart}}\n---\n"
        )
    };
    assert_eq!(found(&(binding("a", "shop") + &binding("b", "shop")), None), [(9, "binding-twice")]);
    assert_eq!(found(&(binding("a", "shop") + &binding("b", "other")), None), []);
}

#[test]
fn what_is_mended_has_no_fault_left_and_keeps_the_rest() {
    let stack = stack();
    for text in [
        pod("", "  serviceAccountName: cart # ours\n  identity:\n    type: ManagedIdentity\n"),
        pod("  labels: {app: cart}\n", "  identity: {type: ManagedIdentity}\n").replace("name: c\n", "name: c\n    env:\n    # who\n    - name: AZURE_CLIENT_ID\n      value: 00000000-0000-4000-8000-00000000000b\n    - name: AZURE_CLIENT_SECRET\n      valueFrom: {secretKeyRef: {name: s, key: k}}\n    - name: MODE\n      value: fast\n"),
    ] {
        let after = mended(&text, Some(&stack));
        assert_eq!(found(&after, Some(&stack)), [], "{after}");
        for line in ["image: i", "# ours", "# who", "value: fast", "app: cart"] {
            assert_eq!(after.contains(line), text.contains(line), "{line} in {after}");
        }
        assert!(!after.contains("SECRET"), "{after}");
    }
}

#[test]
fn nothing_is_guessed() {
    let stack = stack();
    let secret = "name: c\n    env:\n    - name: AZURE_CLIENT_SECRET\n      value: MARKER\n";
    for text in [
        // Two accounts in the namespace, and nothing says which.
        pod("", "").replace("name: cart", "name: other").replace("name: c\n", secret),
        // The identity does not exist yet.
        pod("", "  serviceAccountName: api\n").replace("shop", "later").replace("name: c\n", secret),
        // To change the anchor's mapping is to change another pod.
        pod("", "  identity: &i {type: ManagedIdentity}\n").replace("name: cart", "name: cart\n  labels: &l {a: b}"),
    ] {
        assert_eq!(mended(&text, Some(&stack)), text);
    }
}

#[test]
fn a_reason_silences_a_finding() {
    let text = format!(
        "# bowline:ignore workload-label the job asks for no token\n{}{CART}",
        pod("", "  serviceAccountName: cart\n")
    );
    let mut sources = SourceMap::default();
    let source = sources.add("m.yaml", None, text);
    let (loaded, _) = load(source, &sources);
    let report = check(&[loaded], &sources, None, None);
    let reasons: Vec<_> = report.findings.iter().map(|finding| finding.ignored.as_deref()).collect();
    assert_eq!(reasons, [Some("the job asks for no token")]);
}

#[test]
fn the_page_holds_the_table() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/manifests.md")).unwrap();
    let mut rules = RULES.to_vec();
    rules.sort_by_key(|rule| rule.name);
    for rule in rules {
        let row =
            format!("| `{}` | {} | {} | {} | {} |", rule.name, rule.level.word(), rule.title, rule.reason, rule.fix);
        assert!(page.contains(&row), "put this into docs/manifests.md:\n{row}");
    }
}
