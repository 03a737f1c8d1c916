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

variable "port" {
  default = "443"
}

variable "priority" {
  default = 200
}

variable "name" {
  default = "allow-web"
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

# Rules written inside the group.
resource "azurerm_network_security_group" "inside" {
  name                = "nsg-inside"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location

  security_rule {
    name                       = "deny-rdp"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Deny"
    protocol                   = "Tcp"
    source_port_range          = "*"
    destination_port_range     = "3389"
    source_address_prefix      = "*"
    destination_address_prefix = "*"
  }
  security_rule {
    name                       = var.name
    priority                   = var.priority
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_port_range          = "*"
    destination_port_ranges    = ["80", var.port]
    source_address_prefixes    = ["203.0.113.0/24", "198.51.100.0/24"]
    destination_address_prefix = "VirtualNetwork"
  }

  tags = { team = "net" }
}

# A rule of its own in a group without any.
resource "azurerm_network_security_group" "outside" {
  name                = "nsg-outside"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_network_security_rule" "web" {
  name                        = var.name
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.outside.name
  description                 = "The shop's front."
  priority                    = var.priority
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = var.port
  source_address_prefix       = "Internet"
  destination_address_prefix  = "*"
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.outside.id
}

data "azurerm_network_security_group" "inside" {
  name                = azurerm_network_security_group.inside.name
  resource_group_name = azurerm_resource_group.main.name
}

output "rules" {
  value = length(data.azurerm_network_security_group.inside.security_rule)
}
