# What must come before what, and whom a role is given to.
provider "azurerm" {
  features {}
}

variable "wrong" {
  default = false
}

resource "azurerm_resource_group" "main" {
  name     = "rg-order"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "plane" {
  name                = "id-plane"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_user_assigned_identity" "nodes" {
  name                = "id-nodes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

# Nothing refers from the cluster to this grant.
resource "azurerm_role_assignment" "operator" {
  scope                = azurerm_user_assigned_identity.nodes.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.plane.principal_id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-order"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "order"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.plane.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.nodes.client_id
    object_id                 = azurerm_user_assigned_identity.nodes.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.nodes.id
  }
}

# The id of the application is not that of the principal.
resource "azurerm_role_assignment" "wrong" {
  count                = var.wrong ? 1 : 0
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.plane.client_id
}
