# A cluster in steps, as recordings of azurerm 5.2 have them: the transcript holds what is sent each time.
terraform {
  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
    }
  }
}

provider "azurerm" {
  features {}
  resource_provider_registrations = "none"
}

variable "nodes" {
  default = 1
}

variable "tags" {
  type    = map(string)
  default = { team = "dock" }
}

variable "plugin" {
  default = "kubenet"
}

variable "outbound" {
  default = "managedNATGateway"
}

variable "ranges" {
  type    = list(string)
  default = ["203.0.113.0/24"]
}

resource "azurerm_resource_group" "dock" {
  name     = "rg-dock"
  location = "West Europe"
}

# Small, with the overlay from the start; its egress changes.
resource "azurerm_kubernetes_cluster" "pier" {
  name                = "aks-pier"
  location            = azurerm_resource_group.dock.location
  resource_group_name = azurerm_resource_group.dock.name
  dns_prefix          = "pier"
  tags                = var.tags

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = var.nodes
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    outbound_type       = var.outbound
    dynamic "nat_gateway_profile" {
      for_each = var.outbound == "managedNATGateway" ? [1] : []
      content {
        managed_outbound_ip_count = 2
      }
    }
  }

  api_server_access_profile {
    authorized_ip_ranges = var.ranges
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

# Of the older network, which moves to the overlay in place.
resource "azurerm_kubernetes_cluster" "quay" {
  name                = "aks-quay"
  location            = azurerm_resource_group.dock.location
  resource_group_name = azurerm_resource_group.dock.name
  dns_prefix          = "quay"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = var.plugin
    network_plugin_mode = var.plugin == "azure" ? "overlay" : null
    load_balancer_profile {
      managed_outbound_ip_count = 2
    }
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

output "issuer" {
  value = azurerm_kubernetes_cluster.pier.oidc_issuer_url
}
