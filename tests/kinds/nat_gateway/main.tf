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

variable "idle" {
  default = 4
}

variable "label" {
  default = null
}

variable "zones" {
  type    = list(string)
  default = ["1"]
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

resource "azurerm_public_ip" "out" {
  count               = 2
  name                = "pip-out-${count.index}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
  zones               = var.zones
  domain_name_label   = var.label == null ? null : "${var.label}${count.index}"
  ip_tags             = { RoutingPreference = "Internet" }
}

resource "azurerm_nat_gateway" "main" {
  name                    = "ng-main"
  resource_group_name     = azurerm_resource_group.main.name
  location                = azurerm_resource_group.main.location
  idle_timeout_in_minutes = var.idle
  zones                   = var.zones
}

resource "azurerm_nat_gateway_public_ip_association" "out" {
  count                = 2
  nat_gateway_id       = azurerm_nat_gateway.main.id
  public_ip_address_id = azurerm_public_ip.out[count.index].id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

data "azurerm_nat_gateway" "main" {
  name                = azurerm_nat_gateway.main.name
  resource_group_name = azurerm_resource_group.main.name
  depends_on          = [azurerm_nat_gateway_public_ip_association.out]
}

data "azurerm_public_ip" "out" {
  name                = azurerm_public_ip.out[0].name
  resource_group_name = azurerm_resource_group.main.name
}

output "addresses" {
  value = {
    count = length(data.azurerm_nat_gateway.main.public_ip_address_ids)
    first = data.azurerm_public_ip.out.ip_address
    names = azurerm_public_ip.out[*].fqdn
  }
}
