provider "azurerm" {
  features {}
}

variable "length" {
  default = 30
}

variable "team" {
  default = "net"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

resource "azurerm_public_ip_prefix" "main" {
  name                = "ippre-egress"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  prefix_length       = var.length
  zones               = ["1", "2", "3"]
  tags                = { team = var.team }
}

data "azurerm_public_ip_prefix" "main" {
  name                = azurerm_public_ip_prefix.main.name
  resource_group_name = azurerm_resource_group.main.name
}

# What it is for: a cluster's way out.
resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-egress"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  dns_prefix          = "aks-egress"

  default_node_pool {
    name                        = "system"
    vm_size                     = "Standard_B4as_v2"
    node_count                  = 1
    temporary_name_for_rotation = "systemtmp"
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"

    load_balancer_profile {
      outbound_ip_prefix_ids = [azurerm_public_ip_prefix.main.id]
    }
  }
}

output "range" {
  value = data.azurerm_public_ip_prefix.main.ip_prefix
}
