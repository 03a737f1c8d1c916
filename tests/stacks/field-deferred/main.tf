# What is read late because something else changes does not replace what depends on it.
provider "azurerm" {
  features {}
}

variable "tags" {
  type    = map(string)
  default = { stage = "one" }
}

variable "issuer" {
  default = false
}

resource "azurerm_resource_group" "main" {
  name     = "rg-late"
  location = "westeurope"
  tags     = var.tags
}

module "looked_up" {
  source     = "./looked_up"
  group      = azurerm_resource_group.main.name
  depends_on = [azurerm_resource_group.main]
}

resource "azurerm_user_assigned_identity" "app" {
  name                = "id-app"
  location            = module.looked_up.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = var.tags
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-late"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "late"
  oidc_issuer_enabled = var.issuer
  tags                = var.tags

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

data "azurerm_kubernetes_cluster" "main" {
  name                = azurerm_kubernetes_cluster.main.name
  resource_group_name = azurerm_resource_group.main.name
  depends_on          = [azurerm_kubernetes_cluster.main]
}

resource "azurerm_role_assignment" "images" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "AcrPull"
  principal_id         = data.azurerm_kubernetes_cluster.main.kubelet_identity[0].object_id
}

resource "azurerm_role_assignment" "everywhere" {
  scope                = module.looked_up.scope
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.app.principal_id
}

resource "azurerm_federated_identity_credential" "app" {
  count                     = var.issuer ? 1 : 0
  name                      = "fic-app"
  user_assigned_identity_id = azurerm_user_assigned_identity.app.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.main.oidc_issuer_url
  subject                   = "system:serviceaccount:app:app"
}
