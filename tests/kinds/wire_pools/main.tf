# Node pools in steps: what changes in place, what rotates, what is refused.
provider "azurerm" {
  features {}
  resource_provider_registrations = "none"
}

variable "labels" {
  type    = map(string)
  default = { tier = "web" }
}

variable "swap" {
  default = 1500
}

variable "temporary" {
  default = "tmp"
}

variable "price" {
  default = 0.05
}

resource "azurerm_resource_group" "yard" {
  name     = "rg-yard"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "yard" {
  name                = "aks-yard"
  location            = azurerm_resource_group.yard.location
  resource_group_name = azurerm_resource_group.yard.name
  dns_prefix          = "yard"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
    upgrade_settings {
      max_surge = "33%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "web" {
  name                        = "web"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.yard.id
  vm_size                     = "Standard_D8s_v5"
  node_count                  = 2
  node_labels                 = var.labels
  node_taints                 = ["dedicated=web:NoSchedule"]
  temporary_name_for_rotation = var.temporary == "" ? null : var.temporary
  kubelet_config {
    cpu_manager_policy = "static"
  }
  linux_os_config {
    swap_file_size_mb = var.swap
  }
  upgrade_settings {
    max_surge = "50%"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "spot" {
  name                  = "spot"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.yard.id
  vm_size               = "Standard_D4s_v5"
  priority              = "Spot"
  eviction_policy       = "Delete"
  spot_max_price        = var.price
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 5
}
