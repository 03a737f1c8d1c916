# What takes longer than it may, and what is held up.
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-limits"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-limits"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "limits"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }

  timeouts {
    create = "20m"
    update = "2h"
    delete = "30m"
  }
}
