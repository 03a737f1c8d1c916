# What fails half way is kept, shown, and mended by the next run.
provider "azurerm" {
  features {}
}

variable "tags" {
  type    = map(string)
  default = {}
}

variable "size" {
  default = "Standard_D4s_v5"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-half"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-half"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "half"
  tags                = var.tags

  default_node_pool {
    name                        = "system"
    vm_size                     = var.size
    node_count                  = 1
    temporary_name_for_rotation = "tmp"
  }

  identity {
    type = "SystemAssigned"
  }
}
