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

data "azurerm_client_config" "me" {}

variable "zones" {
  default = true
}

variable "tags" {
  type    = map(string)
  default = null
}

variable "address" {
  default = null
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "links" {
  name                 = "snet-links"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.1.0/24"]
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-links"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_private_dns_zone" "vault" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = azurerm_resource_group.main.name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "main" {
  name                  = "main"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.vault.name
  virtual_network_id    = azurerm_virtual_network.main.id
}

resource "azurerm_private_dns_a_record" "by_hand" {
  name                = "legacy"
  zone_name           = azurerm_private_dns_zone.vault.name
  resource_group_name = azurerm_resource_group.main.name
  ttl                 = 300
  records             = ["10.0.1.20", "10.0.1.21"]
}

resource "azurerm_private_endpoint" "vault" {
  name                = "pe-vault"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  subnet_id           = azurerm_subnet.links.id
  tags                = var.tags

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.main.id
    is_manual_connection           = false
    subresource_names              = ["vault"]
  }

  dynamic "ip_configuration" {
    for_each = var.address == null ? [] : [var.address]
    content {
      name               = "fixed"
      private_ip_address = ip_configuration.value
      subresource_name   = "vault"
      member_name        = "default"
    }
  }

  dynamic "private_dns_zone_group" {
    for_each = var.zones ? [1] : []
    content {
      name                 = "default"
      private_dns_zone_ids = [azurerm_private_dns_zone.vault.id]
    }
  }
}

output "address" {
  value = azurerm_private_endpoint.vault.private_service_connection[0].private_ip_address
}
