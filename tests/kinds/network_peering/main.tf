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

variable "forwarded" {
  default = false
}

variable "sync" {
  default = "1"
}

variable "name" {
  default = "to-spoke"
}

resource "azurerm_virtual_network" "all" {
  for_each            = { hub = "10.0.0.0/16", spoke = "10.1.0.0/16" }
  name                = "vnet-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = [each.value]
}

resource "azurerm_virtual_network_peering" "out" {
  name                      = var.name
  resource_group_name       = azurerm_resource_group.main.name
  virtual_network_name      = azurerm_virtual_network.all["hub"].name
  remote_virtual_network_id = azurerm_virtual_network.all["spoke"].id
  allow_forwarded_traffic   = var.forwarded
  triggers                  = { sync = var.sync }
}

resource "azurerm_virtual_network_peering" "back" {
  name                      = "to-hub"
  resource_group_name       = azurerm_resource_group.main.name
  virtual_network_name      = azurerm_virtual_network.all["spoke"].name
  remote_virtual_network_id = azurerm_virtual_network.all["hub"].id
}

data "azurerm_virtual_network_peering" "back" {
  name               = azurerm_virtual_network_peering.back.name
  virtual_network_id = azurerm_virtual_network.all["spoke"].id
}

output "remote" {
  value = data.azurerm_virtual_network_peering.back.remote_virtual_network_id
}
