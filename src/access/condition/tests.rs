#![allow(clippy::unwrap_used)]

use super::*;

const READ: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const WRITE: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
/// The form that Azure's editor gives.
const OF_CONTAINER: &str = "
(
 (
  !(ActionMatches{'Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'} AND NOT SubOperationMatches{'Blob.List'})
 )
 OR
 (
  @Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'ledger'
 )
)";
const DELEGATED: &str = "((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR \
    (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals \
    {7f951dda-4ed3-4680-a7ca-43fe172d538d, 4633458b-17de-408a-b874-0445c86b69e6} AND \
    @Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal')) \
    AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR \
    (@Resource[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'))";

fn read(text: &str) -> Condition {
    Condition::read(text).unwrap()
}

fn container(name: &str) -> ArmId {
    let account = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/st";
    ArmId::parse(&format!("{account}/blobServices/default/containers/{name}")).unwrap()
}

#[test]
fn what_is_left_depends_on_what_is_done_where() {
    let account = container("x").parent().unwrap().parent().unwrap();
    for (action, place, left) in [
        (WRITE, container("other"), "nothing"),
        (READ, container("ledger"), "nothing"),
        (READ, container("Ledger"), "as Blob.List"),
        (READ, account, "as Blob.List or the container's name is \"ledger\""),
    ] {
        let found = match read(OF_CONTAINER).left(action, &place) {
            Left::Nothing => "nothing".to_owned(),
            Left::Refusal => "refusal".to_owned(),
            Left::If(condition) => condition.to_string(),
        };
        assert_eq!(found, left, "{action} {}", place.as_str());
    }
    let never = read("!(ActionMatches{'Microsoft.Storage/*/read'})");
    assert_eq!(never.left(READ, &container("a")), Left::Refusal);
    assert_eq!(never.left(WRITE, &container("a")), Left::Nothing);
}

#[test]
fn conditions_are_told_in_words() {
    for (text, words) in [
        (OF_CONTAINER, "to read blobs and not as Blob.List, the container's name is \"ledger\""),
        (
            DELEGATED,
            "to write role assignments, the role is AcrPull or Key Vault Secrets User and the principal's type is \
             \"ServicePrincipal\"; to delete role assignments, the principal's type is \"ServicePrincipal\"",
        ),
        (
            "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:Project<$key_case_sensitive$>] \
             StringNotEquals 'Cascade' && !(@Environment[isPrivateLink] BoolEquals true)",
            "the blob's tag Project is not \"Cascade\" and not coming by a private link is true",
        ),
        (
            "@Principal[Microsoft.Directory/CustomSecurityAttributes/Id:Team_name] ForAllOfAllValues:StringEquals {'a', 'b'}",
            "the principal's Team_name is \"a\" and \"b\"",
        ),
        (
            "@Environment[UtcNow] DateTimeGreaterThan '2026-01-01T00:00:00Z' OR Exists @Request[x/y:z]",
            "the time (UTC) is after \"2026-01-01T00:00:00Z\" or there is the request's z",
        ),
    ] {
        assert_eq!(read(text).to_string(), words);
    }
}

#[test]
fn names_compare_as_azure_compares_them() {
    for (operator, values, holds) in [
        ("StringEquals", "'ledger'", true),
        ("StringEquals", "'LEDGER'", false),
        ("StringEqualsIgnoreCase", "'LEDGER'", true),
        ("StringNotEquals", "'ledger'", false),
        ("StringStartsWith", "'led'", true),
        ("StringNotStartsWithIgnoreCase", "'LED'", false),
        ("StringLike", "'l*g?r'", true),
        ("StringLike", "'l*g'", false),
        ("StringNotLike", "'*'", false),
        ("ForAnyOfAnyValues:StringEquals", "{'a', 'ledger'}", true),
        ("ForAllOfAllValues:StringNotEquals", "{'a', 'ledger'}", false),
    ] {
        let text =
            format!("@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] {operator} {values}");
        let expected = if holds { Left::Nothing } else { Left::Refusal };
        assert_eq!(read(&text).left(READ, &container("ledger")), expected, "{text}");
    }
}

#[test]
fn what_is_no_condition_is_told() {
    for (text, why) in [
        ("", "an attribute such as @Resource[...] is expected at its end"),
        ("(ActionMatches{'a'}", "a ) is missing at its end"),
        ("ActionMatches{'a'", "a } is missing at its end"),
        ("ActionMatches{'a", "a ' is missing at \"a\""),
        ("@Resource[x] 'a'", "an operator such as StringEquals is expected at \"'a'\""),
        (
            "@Nobody[x] StringEquals 'a'",
            "an attribute such as @Resource[...] is expected at \"@Nobody[x] StringEquals 'a'\"",
        ),
        ("ActionMatches{'a'} ActionMatches{'b'}", "\"ActionMatches{'b'}\" is more than one condition"),
        (&"(".repeat(100_000), "it is nested too deep"),
    ] {
        assert_eq!(Condition::read(text).unwrap_err(), why);
    }
}
