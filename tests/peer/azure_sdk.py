"""Makes, reads, lists, changes and deletes what Bowline manages, with the Azure SDK for Python.

    azure_sdk.py make|change|pod|delete ENDPOINT

What was made is told as JSON, an id for each name. Any answer that the SDK's models do not take ends the script.
"""

import json
import os
import ssl
import sys
import tempfile
import urllib.request

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.containerservice import ContainerServiceClient
from azure.mgmt.msi import ManagedServiceIdentityClient
from azure.mgmt.resource.resources import ResourceManagementClient

TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP, IDENTITY, CREDENTIAL, CLUSTER, POOL = "rg-sdk", "id-sdk", "fic-sdk", "aks-sdk", "extra"
ASSIGNMENT = "0d2b6d5e-92b1-4d43-8a83-6a4f0a4d7d01"
DEFINITION = "0d2b6d5e-92b1-4d43-8a83-6a4f0a4d7d02"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
AUDIENCE = "api://AzureADTokenExchange"

doing, endpoint = sys.argv[1:]
credential = ClientSecretCredential(
    TENANT, "an-operator", "its-secret", authority=endpoint, disable_instance_discovery=True
)
common = {"base_url": endpoint, "credential_scopes": [f"{endpoint}/.default"], "polling_interval": 0}
groups = ResourceManagementClient(credential, SUBSCRIPTION, **common).resource_groups
identities = ManagedServiceIdentityClient(credential, SUBSCRIPTION, **common)
roles = AuthorizationManagementClient(credential, SUBSCRIPTION, **common)
aks = ContainerServiceClient(credential, SUBSCRIPTION, **common)


def role_id(name):
    found = list(roles.role_definitions.list(SCOPE, filter=f"roleName eq '{name}'"))
    assert len(found) == 1, found
    return found[0].id


def body_of_cluster():
    return {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "sku": {"name": "Base", "tier": "Free"},
        "properties": {
            "dnsPrefix": "sdk",
            "oidcIssuerProfile": {"enabled": True},
            "networkProfile": {"networkPlugin": "azure", "networkPluginMode": "overlay"},
            "agentPoolProfiles": [
                {
                    "name": "system",
                    "mode": "System",
                    "count": 1,
                    "vmSize": "Standard_D4s_v5",
                    "osType": "Linux",
                    "type": "VirtualMachineScaleSets",
                }
            ],
        },
    }


def make():
    group = groups.create_or_update(GROUP, {"location": "westeurope", "tags": {"by": "sdk"}})
    identity = identities.user_assigned_identities.create_or_update(GROUP, IDENTITY, {"location": "westeurope"})
    cluster = aks.managed_clusters.begin_create_or_update(GROUP, CLUSTER, body_of_cluster()).result()
    assert cluster.provisioning_state == "Succeeded", cluster
    pool = aks.agent_pools.begin_create_or_update(
        GROUP, CLUSTER, POOL, {"properties": {"count": 2, "vmSize": "Standard_D4s_v5", "mode": "User"}}
    ).result()
    trust = identities.federated_identity_credentials.create_or_update(
        GROUP,
        IDENTITY,
        CREDENTIAL,
        {
            "properties": {
                "issuer": cluster.oidc_issuer_profile.issuer_url,
                "subject": "system:serviceaccount:sdk:app",
                "audiences": [AUDIENCE],
            }
        },
    )
    grant = roles.role_assignments.create(
        SCOPE,
        ASSIGNMENT,
        {
            "properties": {
                "roleDefinitionId": role_id("Reader"),
                "principalId": identity.principal_id,
                "principalType": "ServicePrincipal",
            }
        },
    )
    definition = roles.role_definitions.create_or_update(
        SCOPE,
        DEFINITION,
        {
            "properties": {
                "roleName": "Cluster Watcher of the SDK",
                "type": "CustomRole",
                "assignableScopes": [SCOPE],
                "permissions": [{"actions": ["Microsoft.ContainerService/managedClusters/read"], "notActions": []}],
            }
        },
    )
    made = [group, identity, cluster, pool, trust, grant, definition]
    names = ["group", "identity", "cluster", "pool", "credential", "assignment", "definition"]
    print(json.dumps(dict(zip(names, (one.id for one in made)))))
    check()


def check():
    """All of it is read and listed as it was made."""
    assert groups.get(GROUP).location == "westeurope"
    assert GROUP in [group.name for group in groups.list()]
    identity = identities.user_assigned_identities.get(GROUP, IDENTITY)
    assert identity.tenant_id == TENANT and identity.client_id and identity.principal_id
    assert [i.name for i in identities.user_assigned_identities.list_by_resource_group(GROUP)] == [IDENTITY]
    assert IDENTITY in [i.name for i in identities.user_assigned_identities.list_by_subscription()]
    trusts = identities.federated_identity_credentials
    assert trusts.get(GROUP, IDENTITY, CREDENTIAL).audiences == [AUDIENCE]
    assert [trust.name for trust in trusts.list(GROUP, IDENTITY)] == [CREDENTIAL]
    cluster = aks.managed_clusters.get(GROUP, CLUSTER)
    assert cluster.current_kubernetes_version and cluster.fqdn and cluster.node_resource_group
    assert [one.name for one in aks.managed_clusters.list_by_resource_group(GROUP)] == [CLUSTER]
    assert CLUSTER in [one.name for one in aks.managed_clusters.list()]
    assert sorted(pool.name for pool in aks.agent_pools.list(GROUP, CLUSTER)) == [POOL, "system"]
    assert aks.managed_clusters.list_cluster_user_credentials(GROUP, CLUSTER).kubeconfigs[0].value
    assert roles.role_assignments.get(SCOPE, ASSIGNMENT).principal_id == identity.principal_id
    held = roles.role_assignments.list_for_scope(SCOPE, filter=f"principalId eq '{identity.principal_id}'")
    assert [one.name for one in held] == [ASSIGNMENT]
    assert roles.role_definitions.get(SCOPE, DEFINITION).role_name == "Cluster Watcher of the SDK"


def change():
    """Each kind in the way that it is changed."""
    groups.update(GROUP, {"tags": {"by": "sdk", "twice": "yes"}})
    assert groups.get(GROUP).tags["twice"] == "yes"
    identities.user_assigned_identities.update(GROUP, IDENTITY, {"tags": {"a": "b"}})
    assert identities.user_assigned_identities.get(GROUP, IDENTITY).tags == {"a": "b"}
    aks.managed_clusters.begin_update_tags(GROUP, CLUSTER, {"tags": {"c": "d"}}).result()
    cluster = aks.managed_clusters.get(GROUP, CLUSTER)
    assert cluster.tags == {"c": "d"}
    cluster.azure_policy = None
    cluster.auto_upgrade_profile.upgrade_channel = "patch"
    changed = aks.managed_clusters.begin_create_or_update(GROUP, CLUSTER, cluster).result()
    assert changed.auto_upgrade_profile.upgrade_channel == "patch"
    pool = aks.agent_pools.get(GROUP, CLUSTER, POOL)
    pool.count = 3
    assert aks.agent_pools.begin_create_or_update(GROUP, CLUSTER, POOL, pool).result().count == 3


def pod():
    """A pod of this cluster gets the identity's token exactly while the credential is there."""
    request = urllib.request.Request(
        f"{endpoint}/simulator/service-account-token",
        json.dumps({"cluster": f"{SCOPE}/providers/Microsoft.ContainerService/managedClusters/{CLUSTER}",
                    "namespace": "sdk", "name": "app"}).encode(),
        {"content-type": "application/json"},
    )
    trusted = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    token = json.load(urllib.request.urlopen(request, context=trusted))["token"]
    with tempfile.NamedTemporaryFile("w", suffix=".token") as file:
        file.write(token)
        file.flush()
        client = identities.user_assigned_identities.get(GROUP, IDENTITY).client_id

        def as_pod():
            return WorkloadIdentityCredential(
                tenant_id=TENANT, client_id=client, token_file_path=file.name,
                authority=endpoint, disable_instance_discovery=True,
            )

        for _ in range(10):
            try:
                as_pod().get_token(f"{endpoint}/.default")
                break
            except ClientAuthenticationError as error:
                assert "AADSTS700213" in str(error), error
        seen = ContainerServiceClient(as_pod(), SUBSCRIPTION, **common)
        # Reader of the group: it may look, and no more.
        assert seen.managed_clusters.get(GROUP, CLUSTER).name == CLUSTER
        try:
            seen.managed_clusters.begin_delete(GROUP, CLUSTER)
            raise AssertionError("a reader deletes a cluster")
        except HttpResponseError as error:
            assert error.error.code == "AuthorizationFailed", error
            assert "Microsoft.ContainerService/managedClusters/delete" in error.message, error
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = endpoint
    machine = ManagedIdentityCredential(client_id=client)
    assert ContainerServiceClient(machine, SUBSCRIPTION, **common).managed_clusters.get(GROUP, CLUSTER).name == CLUSTER


def delete():
    roles.role_assignments.delete(SCOPE, ASSIGNMENT)
    roles.role_definitions.delete(SCOPE, DEFINITION)
    identities.federated_identity_credentials.delete(GROUP, IDENTITY, CREDENTIAL)
    aks.agent_pools.begin_delete(GROUP, CLUSTER, POOL).result()
    aks.managed_clusters.begin_delete(GROUP, CLUSTER).result()
    identities.user_assigned_identities.delete(GROUP, IDENTITY)
    for gone in (
        lambda: aks.managed_clusters.get(GROUP, CLUSTER),
        lambda: identities.user_assigned_identities.get(GROUP, IDENTITY),
        lambda: roles.role_assignments.get(SCOPE, ASSIGNMENT),
    ):
        try:
            raise AssertionError(gone())
        except ResourceNotFoundError:
            pass
    groups.begin_delete(GROUP).result()
    assert not groups.check_existence(GROUP)


{"make": make, "check": check, "change": change, "pod": pod, "delete": delete}[doing]()
