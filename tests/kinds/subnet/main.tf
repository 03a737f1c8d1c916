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
variable "prefixes" {
  type    = list(string)
  default = ["10.0.0.0/22"]
}

variable "endpoints" {
  type    = set(string)
  default = null
}

variable "policies" {
  type    = string
  default = null
}

variable "delegation" {
  type    = string
  default = null
}

variable "name" {
  default = "snet-nodes"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-quay"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "main" {
  name                              = var.name
  resource_group_name               = azurerm_resource_group.main.name
  virtual_network_name              = azurerm_virtual_network.main.name
  address_prefixes                  = var.prefixes
  service_endpoints                 = var.endpoints
  private_endpoint_network_policies = var.policies

  dynamic "delegation" {
    for_each = var.delegation[*]
    content {
      name = "given"
      service_delegation {
        name = delegation.value
      }
    }
  }
}

data "azurerm_subnet" "read" {
  name                 = azurerm_subnet.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  resource_group_name  = azurerm_resource_group.main.name
}

output "prefixes" {
  value = data.azurerm_subnet.read.address_prefixes
}
