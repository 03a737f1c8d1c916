provider "azurerm" {
  features {}
}

variable "sku" {
  default = "Basic"
}

variable "full" {
  default = false
}

variable "public" {
  default = true
}

resource "azurerm_resource_group" "main" {
  name     = "rg-jump"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.20.0.0/16"]
}

resource "azurerm_subnet" "main" {
  for_each             = { AzureBastionSubnet = "10.20.0.0/24", machines = "10.20.1.0/24" }
  name                 = each.key
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [each.value]
}

resource "azurerm_public_ip" "main" {
  for_each            = toset(["bastion", "machine"])
  name                = "pip-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
}

resource "azurerm_network_security_group" "main" {
  name                = "nsg-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_bastion_host" "main" {
  name                      = "bas-jump"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  sku                       = var.sku
  scale_units               = var.full ? 3 : null
  copy_paste_enabled        = !var.full
  file_copy_enabled         = var.full
  ip_connect_enabled        = var.full
  kerberos_enabled          = var.full
  shareable_link_enabled    = var.full
  tunneling_enabled         = var.full
  session_recording_enabled = var.full && var.sku == "Premium"
  tags                      = var.full ? { team = "net" } : null

  ip_configuration {
    name                 = "main"
    subnet_id            = azurerm_subnet.main["AzureBastionSubnet"].id
    public_ip_address_id = azurerm_public_ip.main["bastion"].id
  }
}

resource "azurerm_network_interface" "main" {
  name                           = "nic-jump"
  resource_group_name            = azurerm_resource_group.main.name
  location                       = azurerm_resource_group.main.location
  accelerated_networking_enabled = var.full
  ip_forwarding_enabled          = var.full
  internal_dns_name_label        = var.full ? "jump" : null
  dns_servers                    = var.full ? ["10.20.0.4", "10.20.0.5"] : null
  auxiliary_mode                 = var.full ? "AcceleratedConnections" : null
  auxiliary_sku                  = var.full ? "A2" : null
  tags                           = var.full ? { team = "net" } : null

  ip_configuration {
    name                          = "main"
    subnet_id                     = azurerm_subnet.main["machines"].id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = var.public ? azurerm_public_ip.main["machine"].id : null
    primary                       = var.full ? true : null
  }

  dynamic "ip_configuration" {
    for_each = var.full ? [1] : []
    content {
      name                          = "second"
      subnet_id                     = azurerm_subnet.main["machines"].id
      private_ip_address_allocation = "Static"
      private_ip_address            = "10.20.1.40"
      primary                       = false
    }
  }
}

resource "azurerm_network_interface_security_group_association" "main" {
  network_interface_id      = azurerm_network_interface.main.id
  network_security_group_id = azurerm_network_security_group.main.id
}

output "addresses" {
  value = azurerm_network_interface.main.private_ip_addresses
}
