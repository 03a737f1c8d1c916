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
variable "address_space" {
  type    = list(string)
  default = ["10.0.0.0/16"]
}

variable "location" {
  default = "westeurope"
}

variable "dns_servers" {
  type    = list(string)
  default = []
}

variable "flow_timeout" {
  type    = number
  default = null
}

variable "encryption" {
  type    = string
  default = null
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                    = "vnet-quay"
  resource_group_name     = azurerm_resource_group.main.name
  location                = var.location
  address_space           = var.address_space
  dns_servers             = var.dns_servers
  flow_timeout_in_minutes = var.flow_timeout
  tags                    = { team = "quay" }

  dynamic "encryption" {
    for_each = var.encryption[*]
    content {
      enforcement = encryption.value
    }
  }
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.0.0/22"]
}

# A network whose subnets are written inside it.
resource "azurerm_virtual_network" "inline" {
  name                = "vnet-inline"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.1.0.0/16"]

  subnet {
    name             = "one"
    address_prefixes = ["10.1.0.0/24"]
  }

  subnet {
    name             = "two"
    address_prefixes = ["10.1.1.0/24"]
  }
}

data "azurerm_virtual_network" "read" {
  name                = azurerm_virtual_network.inline.name
  resource_group_name = azurerm_resource_group.main.name
}

output "subnets" {
  value = data.azurerm_virtual_network.read.subnets
}
