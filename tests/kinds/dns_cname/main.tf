variable "ttl" {
  default = 300
}

variable "shop" {
  default = "shop.example.net"
}

variable "host" {
  default = "www"
}

variable "alias" {
  default = false
}

variable "tags" {
  type    = map(string)
  default = null
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-names"
  location = "westeurope"
}

resource "azurerm_dns_zone" "main" {
  name                = "quay.example"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_zone" "main" {
  name                = "quay.internal"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_public_ip" "main" {
  name                = "pip-names"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
}

resource "azurerm_dns_cname_record" "www" {
  name                = var.host
  zone_name           = azurerm_dns_zone.main.name
  resource_group_name = azurerm_resource_group.main.name
  ttl                 = var.ttl
  record              = var.alias ? null : var.shop
  target_resource_id  = var.alias ? azurerm_public_ip.main.id : null
  tags                = var.tags
}

resource "azurerm_private_dns_cname_record" "db" {
  name                = "db"
  zone_name           = azurerm_private_dns_zone.main.name
  resource_group_name = azurerm_resource_group.main.name
  ttl                 = var.ttl
  record              = var.shop
  tags                = var.tags
}
