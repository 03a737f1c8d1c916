variable "clusters" {}

variable "identities" {}

variable "roles" {}

provider "azurerm" {
  features {}
}

locals {
  # Roles that workloads have, by their ids, so that no name has to be looked up.
  role_ids = [
    "acdd72a7-3385-48ef-bd42-f606fba81ae7", "4633458b-17de-408a-b874-0445c86b69e6", "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1", "ba92f5b4-2d11-453d-a403-e96b0029c9fe", "12338af0-0e69-4776-bea7-57ae8d297424",
    "21090545-7ca7-4776-b22c-e363652d74d2", "43d0d8ad-25c7-4714-9337-8ba259a9fe05", "3913510d-42f4-4e42-8a64-420c390055eb",
    "f1a07417-d97a-45cb-824c-7a7467783830",
  ]
  grants = {
    for pair in setproduct(range(var.identities), range(var.roles)) : "${pair[0]}-${pair[1]}" => {
      identity = pair[0]
      role     = local.role_ids[pair[1]]
    }
  }
}

data "azurerm_subscription" "current" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-scale"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  count               = var.clusters
  name                = "aks-${count.index}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "aks-${count.index}"
  oidc_issuer_enabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_user_assigned_identity" "main" {
  count               = var.identities
  name                = "id-${count.index}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_federated_identity_credential" "main" {
  count                     = var.identities
  name                      = "workload"
  user_assigned_identity_id = azurerm_user_assigned_identity.main[count.index].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.main[count.index % var.clusters].oidc_issuer_url
  subject                   = "system:serviceaccount:team:app-${count.index}"
}

resource "azurerm_role_assignment" "main" {
  for_each           = local.grants
  scope              = azurerm_resource_group.main.id
  role_definition_id = "${data.azurerm_subscription.current.id}/providers/Microsoft.Authorization/roleDefinitions/${each.value.role}"
  principal_id       = azurerm_user_assigned_identity.main[each.value.identity].principal_id
  principal_type     = "ServicePrincipal"
}
