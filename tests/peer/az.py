"""Does with the `az` command what people do with it, in one process: each start of it takes seconds.

    az.py make|change|look|delete ENDPOINT

A command that fails, or answers with something else than is expected, ends the script.
"""

import io
import json
import sys

from azure.cli.core import get_default_cli
from azure.core.polling.base_polling import LROBasePolling

# The simulator's time does not pass by waiting, so nobody has to wait between two questions.
LROBasePolling._extract_delay = lambda self: 0
LROBasePolling._sleep = lambda self, delay: None

TENANT = "22222222-2222-4222-8222-222222222222"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SCOPE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-az"
ASSIGNMENT = "0d2b6d5e-92b1-4d43-8a83-6a4f0a4d7e01"

doing, endpoint = sys.argv[1:]


def az(command, *more):
    """What a command answers, read from JSON."""
    out = io.StringIO()
    words = [*command.split(), *more]
    # Which cloud it is, a command-line interface asks once.
    cli = get_default_cli()
    code = cli.invoke([*words, "--output", "json"], out_file=out)
    error = getattr(cli.result, "error", None)
    if code != 0 or error:
        sys.exit(f"az {' '.join(words)}: {error} (exit {code})")
    text = out.getvalue()
    return json.loads(text) if text.strip() else None


def names(command):
    return sorted(one["name"] for one in az(command))


def expect(found, wanted):
    if found != wanted:
        sys.exit(f"found {found!r}, wanted {wanted!r}")


def sign_in():
    """az is told where the cloud is, and signs in there as an application."""
    az(
        f"cloud register --name simulator --endpoint-resource-manager {endpoint} --endpoint-management {endpoint} "
        f"--endpoint-active-directory {endpoint} --endpoint-active-directory-resource-id {endpoint} "
        f"--endpoint-active-directory-graph-resource-id {endpoint} "
        f"--endpoint-microsoft-graph-resource-id {endpoint}/graph/ --suffix-keyvault-dns .vault.azure.net"
    )
    az("cloud set --name simulator")
    account = az(f"login --service-principal --username an-operator --password its-secret --tenant {TENANT}")
    expect([one["id"] for one in account], [SUBSCRIPTION])


def make():
    sign_in()
    az("group create --name rg-az --location westeurope --tags by=az")
    identity = az("identity create --resource-group rg-az --name id-az")
    az("network vnet create --resource-group rg-az --name vnet-az --address-prefixes 10.1.0.0/16")
    az("network vnet subnet create --resource-group rg-az --vnet-name vnet-az --name nodes --address-prefixes 10.1.0.0/20")
    az("network nsg create --resource-group rg-az --name nsg-az")
    az(
        "network nsg rule create --resource-group rg-az --nsg-name nsg-az --name https --priority 100 "
        "--destination-port-ranges 443 --protocol Tcp --access Allow --direction Inbound"
    )
    az("network public-ip create --resource-group rg-az --name pip-az --sku Standard --allocation-method Static")
    cluster = az(
        "aks create --resource-group rg-az --name aks-az --node-count 1 --node-vm-size Standard_D4s_v5 --no-ssh-key "
        "--enable-oidc-issuer --enable-workload-identity --tier free --network-plugin azure --network-plugin-mode overlay"
    )
    expect(cluster["provisioningState"], "Succeeded")
    az(
        "aks nodepool add --resource-group rg-az --cluster-name aks-az --name extra --node-count 2 --mode User "
        "--node-vm-size Standard_D4s_v5"
    )
    issuer = cluster["oidcIssuerProfile"]["issuerUrl"]
    az(
        "identity federated-credential create --resource-group rg-az --identity-name id-az --name fic-az "
        f"--issuer {issuer} --subject system:serviceaccount:az:app --audiences api://AzureADTokenExchange"
    )
    az(
        f"role assignment create --name {ASSIGNMENT} --role Reader --scope {SCOPE} "
        f"--assignee-object-id {identity['principalId']} --assignee-principal-type ServicePrincipal"
    )
    az("storage account create --resource-group rg-az --name staztest --sku Standard_LRS --min-tls-version TLS1_2")
    az("keyvault create --resource-group rg-az --name kv-az-test --location westeurope")
    az("acr create --resource-group rg-az --name acraztest --sku Basic")
    az(
        "lock create --name keep --lock-type CanNotDelete --resource-group rg-az "
        "--resource-type Microsoft.Storage/storageAccounts --resource staztest"
    )
    definition = {
        "Name": "Cluster Watcher of az",
        "Actions": ["Microsoft.ContainerService/managedClusters/read"],
        "AssignableScopes": [f"/subscriptions/{SUBSCRIPTION}"],
    }
    az("role definition create --role-definition", json.dumps(definition))
    group = az("ad group create --display-name readers --mail-nickname readers")
    az(f"ad group member add --group {group['id']} --member-id {identity['principalId']}")
    look()


def look():
    """All of it is listed and shown as it was made."""
    expect(names("group list"), ["MC_rg-az_aks-az_westeurope", "rg-az"])
    expect(names("identity list --resource-group rg-az"), ["id-az"])
    expect(names("identity federated-credential list --resource-group rg-az --identity-name id-az"), ["fic-az"])
    expect(names("aks list"), ["aks-az"])
    expect(names("aks nodepool list --resource-group rg-az --cluster-name aks-az"), ["extra", "nodepool1"])
    expect(names("network vnet subnet list --resource-group rg-az --vnet-name vnet-az"), ["nodes"])
    expect(names("network nsg rule list --resource-group rg-az --nsg-name nsg-az"), ["https"])
    expect(names("storage account list"), ["staztest"])
    expect(names("keyvault list"), ["kv-az-test"])
    expect(names("acr list"), ["acraztest"])
    expect(names("lock list --resource-group rg-az"), ["keep"])
    # Whose the role is is asked of the directory.
    held = az(f"role assignment list --scope {SCOPE}")
    expect([(one["principalName"], one["roleDefinitionName"]) for one in held], [("id-az", "Reader")])
    expect([one["roleName"] for one in az("role definition list --custom-role-only")], ["Cluster Watcher of az"])
    group = az("ad group show --group readers")["id"]
    expect([one["displayName"] for one in az(f"ad group member list --group {group}")], ["id-az"])
    identity = az("identity show --resource-group rg-az --name id-az")["principalId"]
    expect(az(f"ad group member check --group {group} --member-id {identity}"), {"value": True})


def change():
    az("group update --name rg-az --set tags.by=hand")
    expect(az("group show --name rg-az")["tags"], {"by": "hand"})
    changed = az("aks update --resource-group rg-az --name aks-az --auto-upgrade-channel patch")
    expect(changed["autoUpgradeProfile"]["upgradeChannel"], "patch")
    az("aks nodepool scale --resource-group rg-az --cluster-name aks-az --name extra --node-count 3")
    pool = az("aks nodepool show --resource-group rg-az --cluster-name aks-az --name extra")
    expect(pool["count"], 3)


def delete():
    az("lock delete --name keep --resource-group rg-az --resource-type Microsoft.Storage/storageAccounts --resource staztest")
    az("aks nodepool delete --resource-group rg-az --cluster-name aks-az --name extra")
    az(f"role assignment delete --ids {SCOPE}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}")
    az("identity federated-credential delete --resource-group rg-az --identity-name id-az --name fic-az --yes")
    az("identity delete --resource-group rg-az --name id-az")
    az("aks delete --resource-group rg-az --name aks-az --yes")
    expect(az("resource list --resource-group rg-az --resource-type Microsoft.ContainerService/managedClusters"), [])
    az("group delete --name rg-az --yes")
    expect(az("group exists --name rg-az"), False)


{"make": make, "look": look, "change": change, "delete": delete}[doing]()
