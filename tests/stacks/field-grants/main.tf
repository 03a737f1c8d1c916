# Grants and credentials that Azure takes and that lead nowhere, and a state in other letters.
variable "more" {
  default = true
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-grants"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-grants"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_role_assignment" "reader" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.main.principal_id
}

# bowline:ignore public-api-server of no interest here
resource "azurerm_kubernetes_cluster" "main" {
  count = var.more ? 1 : 0

  name                      = "aks-grants"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "grants"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_container_registry" "main" {
  count = var.more ? 1 : 0

  name                = "crgrants"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  sku                 = "Basic"
}

resource "azurerm_role_assignment" "pull" {
  count = var.more ? 1 : 0

  scope                = azurerm_container_registry.main[0].id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster.main[0].identity[0].principal_id
}

resource "azurerm_federated_identity_credential" "main" {
  for_each = var.more ? { slash = "grants:api", letters = "Grants:api" } : {}

  name                = each.key
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.main.id
  issuer              = each.key == "slash" ? trimsuffix(azurerm_kubernetes_cluster.main[0].oidc_issuer_url, "/") : azurerm_kubernetes_cluster.main[0].oidc_issuer_url
  subject             = "system:serviceaccount:${each.value}"
  audience            = ["api://AzureADTokenExchange"]
}
