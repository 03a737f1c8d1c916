# What Azure answers in its own way.
variable "size" {
  default = "Standard_D4s_v5"
}

variable "critical" {
  default = false
}

variable "rotation" {
  default = null
}

variable "managed" {
  default = "SystemAssigned"
}

provider "azurerm" {
  features {}
}

data "azurerm_subscription" "main" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-answers"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-answers"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

# bowline:ignore public-api-server of no interest here
resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-answers"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "answers"

  default_node_pool {
    name                         = "system"
    vm_size                      = var.size
    node_count                   = 1
    only_critical_addons_enabled = var.critical
    temporary_name_for_rotation  = var.rotation
  }

  identity {
    type         = var.managed
    identity_ids = var.managed == "UserAssigned" ? [azurerm_user_assigned_identity.main.id] : null
  }

  workload_autoscaler_profile {
    keda_enabled = true
  }
}

resource "azurerm_role_definition" "main" {
  name  = "Answers Reader"
  scope = data.azurerm_subscription.main.id

  permissions {
    actions = ["Microsoft.Resources/subscriptions/resourceGroups/read"]
  }
}

resource "azurerm_role_assignment" "main" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_kubernetes_cluster.main.identity[0].principal_id
}
