terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

variable "sku" {
  default = "Basic"
}

variable "admin" {
  default = false
}

variable "regions" {
  type    = list(string)
  default = []
}

variable "days" {
  default = null
}

variable "name" {
  default = "crquay"
}

resource "azurerm_container_registry" "main" {
  name                     = var.name
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  sku                      = var.sku
  admin_enabled            = var.admin
  retention_policy_in_days = var.days

  dynamic "georeplications" {
    for_each = var.regions
    content {
      location                        = georeplications.value
      global_endpoint_routing_enabled = true
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

data "azurerm_container_registry" "main" {
  name                = azurerm_container_registry.main.name
  resource_group_name = azurerm_resource_group.main.name
}

output "server" {
  value = data.azurerm_container_registry.main.login_server
}
