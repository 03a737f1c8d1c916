terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}
variable "nodes" {
  default = 1
}

variable "scale" {
  default = false
}

variable "labels" {
  type    = map(string)
  default = { purpose = "work" }
}

variable "taints" {
  type    = list(string)
  default = null
}

variable "vm_size" {
  default = "Standard_D4s_v5"
}

variable "rotation" {
  type    = string
  default = null
}

variable "mode" {
  default = "User"
}

variable "surge" {
  type    = string
  default = null
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-quay"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  dns_prefix          = "quay"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1

    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "main" {
  name                        = "work"
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.main.id
  vm_size                     = var.vm_size
  mode                        = var.mode
  node_count                  = var.scale ? null : var.nodes
  auto_scaling_enabled        = var.scale
  min_count                   = var.scale ? 1 : null
  max_count                   = var.scale ? 5 : null
  node_labels                 = var.labels
  node_taints                 = var.taints
  zones                       = ["1", "2"]
  temporary_name_for_rotation = var.rotation

  dynamic "upgrade_settings" {
    for_each = var.surge[*]
    content {
      max_surge = upgrade_settings.value
    }
  }
}
