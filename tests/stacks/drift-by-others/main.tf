# What others set where the configuration says nothing.
provider "azurerm" {
  features {}
}

variable "owner" {
  type    = string
  default = "ledger"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-others"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-others"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = { owner = var.owner }
}

resource "azurerm_federated_identity_credential" "main" {
  name                = "api"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.main.id
  issuer              = azurerm_kubernetes_cluster.main.oidc_issuer_url
  subject             = "system:serviceaccount:payments:api"
  audience            = ["api://AzureADTokenExchange"]
}

# bowline:ignore public-api-server it is opened and closed by hand here
resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-others"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "others"

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
