# Why something is replaced, and what goes on together.
provider "azurerm" {
  features {}
}

variable "keeper" {
  default = "one"
}

variable "identity" {
  default = "SystemAssigned"
}

variable "kubernetes" {
  default = "1.32"
}

variable "size" {
  default = "Standard_D4s_v5"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-causes"
  location = "westeurope"
}

resource "terraform_data" "keeper" {
  triggers_replace = var.keeper
  depends_on       = [azurerm_resource_group.main]
}

resource "azurerm_user_assigned_identity" "app" {
  name                = "id-app"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name

  lifecycle {
    replace_triggered_by = [terraform_data.keeper]
  }
}

resource "azurerm_role_assignment" "app" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.app.principal_id
}

resource "azurerm_user_assigned_identity" "plane" {
  name                = "id-plane"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-causes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "causes"
  kubernetes_version  = var.kubernetes

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type         = var.identity
    identity_ids = var.identity == "UserAssigned" ? [azurerm_user_assigned_identity.plane.id] : null
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "work" {
  name                        = "work"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.main.id
  vm_size                     = var.size
  node_count                  = 1
  orchestrator_version        = var.kubernetes
  temporary_name_for_rotation = "tmp"
}

resource "azurerm_role_assignment" "plane" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Network Contributor"
  principal_id         = var.identity == "UserAssigned" ? azurerm_user_assigned_identity.plane.principal_id : azurerm_kubernetes_cluster.main.identity[0].principal_id
}
