provider "azurerm" {
  features {}
}

data "azurerm_client_config" "me" {}

variable "policy" {
  type = object({
    expire_after         = optional(string)
    notify_before_expiry = optional(string)
    time_after_creation  = optional(string)
    time_before_expiry   = optional(string)
  })
  default = {
    expire_after         = "P120D"
    notify_before_expiry = "P14D"
    time_before_expiry   = "P30D"
  }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-keys"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                = "kv-rotated"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tenant_id           = data.azurerm_client_config.me.tenant_id
  sku_name            = "premium"
}

resource "azurerm_key_vault_access_policy" "me" {
  key_vault_id    = azurerm_key_vault.main.id
  tenant_id       = data.azurerm_client_config.me.tenant_id
  object_id       = data.azurerm_client_config.me.object_id
  key_permissions = ["Create", "Delete", "Get", "GetRotationPolicy", "Purge", "Recover", "SetRotationPolicy", "Update"]
}

resource "azurerm_key_vault_key" "disks" {
  name         = "disks"
  key_vault_id = azurerm_key_vault.main.id
  key_type     = "RSA"
  key_size     = 2048
  key_opts     = ["unwrapKey", "wrapKey"]

  dynamic "rotation_policy" {
    for_each = var.policy == null ? [] : [var.policy]
    content {
      expire_after         = rotation_policy.value.expire_after
      notify_before_expiry = rotation_policy.value.notify_before_expiry

      automatic {
        time_after_creation = rotation_policy.value.time_after_creation
        time_before_expiry  = rotation_policy.value.time_before_expiry
      }
    }
  }

  depends_on = [azurerm_key_vault_access_policy.me]
}
