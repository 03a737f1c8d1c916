# A module's files for two versions of a provider often differ by an override file.
provider "azurerm" {
  features {}
}

variable "readers" {
  type    = map(string)
  default = { app = "55555555-5555-4555-8555-555555555555" }
}

variable "closed" {
  type    = bool
  default = true
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-overridden"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                     = "kv-overridden"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  tenant_id                = data.azurerm_client_config.me.tenant_id
  sku_name                 = "standard"
  purge_protection_enabled = false

  dynamic "access_policy" {
    for_each = var.readers
    content {
      tenant_id          = data.azurerm_client_config.me.tenant_id
      object_id          = access_policy.value
      secret_permissions = ["Get"]
    }
  }

  dynamic "network_acls" {
    for_each = var.closed ? ["closed"] : []
    content {
      default_action = "Deny"
      bypass         = "None"
    }
  }

  lifecycle {
    ignore_changes = [sku_name]
  }
}
