variable "ttl" {
  default = 300
}

variable "alias" {
  default = false
}

variable "retry" {
  default = null
}

variable "tags" {
  type    = map(string)
  default = null
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-dns"
  location = "westeurope"
}

resource "azurerm_dns_zone" "main" {
  name                = "quay.example"
  resource_group_name = azurerm_resource_group.main.name
  tags                = var.tags

  dynamic "soa_record" {
    for_each = var.retry == null ? [] : [var.retry]
    content {
      email      = "hostmaster.quay.example"
      retry_time = soa_record.value
    }
  }
}

resource "azurerm_public_ip" "main" {
  name                = "pip-dns"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
}

resource "azurerm_dns_a_record" "apex" {
  name                = "@"
  zone_name           = azurerm_dns_zone.main.name
  resource_group_name = azurerm_resource_group.main.name
  ttl                 = var.ttl
  target_resource_id  = azurerm_public_ip.main.id
}

resource "azurerm_dns_a_record" "shop" {
  name                = "shop"
  zone_name           = azurerm_dns_zone.main.name
  resource_group_name = azurerm_resource_group.main.name
  ttl                 = var.ttl
  records             = var.alias ? null : ["203.0.113.8", "203.0.113.7"]
  target_resource_id  = var.alias ? azurerm_public_ip.main.id : null
  tags                = var.tags
}

resource "azurerm_private_dns_zone" "main" {
  name                = "quay.internal"
  resource_group_name = azurerm_resource_group.main.name
}

data "azurerm_dns_zone" "main" {
  name                = azurerm_dns_zone.main.name
  resource_group_name = azurerm_dns_zone.main.resource_group_name
}

data "azurerm_private_dns_zone" "main" {
  name                = azurerm_private_dns_zone.main.name
  resource_group_name = azurerm_private_dns_zone.main.resource_group_name
}

output "servers" {
  value = data.azurerm_dns_zone.main.name_servers
}

output "private_zone" {
  value = data.azurerm_private_dns_zone.main.id
}
