# One writer for each identity and for each cluster, whatever the graph allows.
provider "azurerm" {
  features {}
}

variable "nodes" {
  default = 1
}

resource "azurerm_resource_group" "main" {
  name     = "rg-writers"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "app" {
  name                = "id-app"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_federated_identity_credential" "app" {
  for_each                  = toset(["a", "b", "c", "d", "e"])
  name                      = "fic-${each.key}"
  user_assigned_identity_id = azurerm_user_assigned_identity.app.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://issuer.example/"
  subject                   = "system:serviceaccount:app:${each.key}"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-writers"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "writers"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = var.nodes
  }

  identity {
    type = "SystemAssigned"
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = var.nodes
    duration    = 4
    day_of_week = "Sunday"
    start_time  = "02:00"
    utc_offset  = "+00:00"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "more" {
  for_each              = toset(["one", "two", "three"])
  name                  = each.key
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D4s_v5"
  node_count            = var.nodes
}
