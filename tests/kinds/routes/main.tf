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

variable "hop" {
  default = "10.0.0.4"
}

variable "name" {
  default = "to-firewall"
}

variable "propagation" {
  default = true
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.1.0/24"]
}

resource "azurerm_route_table" "inside" {
  name                          = "rt-inside"
  resource_group_name           = azurerm_resource_group.main.name
  location                      = azurerm_resource_group.main.location
  bgp_route_propagation_enabled = var.propagation

  route {
    name                   = var.name
    address_prefix         = "0.0.0.0/0"
    next_hop_type          = "VirtualAppliance"
    next_hop_in_ip_address = var.hop
  }
  route {
    name           = "stay"
    address_prefix = "10.0.0.0/16"
    next_hop_type  = "VnetLocal"
  }
}

resource "azurerm_route_table" "outside" {
  name                = "rt-outside"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_route" "out" {
  name                   = var.name
  resource_group_name    = azurerm_resource_group.main.name
  route_table_name       = azurerm_route_table.outside.name
  address_prefix         = "0.0.0.0/0"
  next_hop_type          = "VirtualAppliance"
  next_hop_in_ip_address = var.hop
}

resource "azurerm_subnet_route_table_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.outside.id
}

data "azurerm_route_table" "outside" {
  name                = azurerm_route_table.outside.name
  resource_group_name = azurerm_resource_group.main.name
  depends_on          = [azurerm_route.out, azurerm_subnet_route_table_association.nodes]
}

output "ways" {
  value = [for route in data.azurerm_route_table.outside.route : route.address_prefix]
}
