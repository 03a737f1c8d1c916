provider "azurerm" {
  features {}
}

variable "rotated" {
  default = false
}

variable "uses" {
  type    = list(string)
  default = ["decrypt", "encrypt", "sign", "unwrapKey", "verify", "wrapKey"]
}

variable "until" {
  default = "2031-01-01T00:00:00Z"
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                        = "kv-disks"
  resource_group_name         = azurerm_resource_group.main.name
  location                    = azurerm_resource_group.main.location
  tenant_id                   = data.azurerm_client_config.me.tenant_id
  sku_name                    = "premium"
  enabled_for_disk_encryption = true
  purge_protection_enabled    = true
  soft_delete_retention_days  = 7
}

resource "azurerm_key_vault_access_policy" "me" {
  key_vault_id    = azurerm_key_vault.main.id
  tenant_id       = data.azurerm_client_config.me.tenant_id
  object_id       = data.azurerm_client_config.me.object_id
  key_permissions = ["Create", "Delete", "Get", "GetRotationPolicy", "Purge", "Recover", "Update"]
}

resource "azurerm_key_vault_key" "disks" {
  name            = "disks"
  key_vault_id    = azurerm_key_vault.main.id
  key_type        = "RSA-HSM"
  key_size        = 2048
  key_opts        = var.uses
  expiration_date = var.until

  depends_on = [azurerm_key_vault_access_policy.me]
}

resource "azurerm_disk_encryption_set" "main" {
  name                      = "des-nodes"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  key_vault_key_id          = azurerm_key_vault_key.disks.id
  auto_key_rotation_enabled = var.rotated

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_key_vault_access_policy" "disks" {
  key_vault_id    = azurerm_key_vault.main.id
  tenant_id       = azurerm_disk_encryption_set.main.identity[0].tenant_id
  object_id       = azurerm_disk_encryption_set.main.identity[0].principal_id
  key_permissions = ["Get", "UnwrapKey", "WrapKey"]
}

data "azurerm_disk_encryption_set" "main" {
  name                = azurerm_disk_encryption_set.main.name
  resource_group_name = azurerm_resource_group.main.name
}

data "azurerm_key_vault_key" "disks" {
  name         = azurerm_key_vault_key.disks.name
  key_vault_id = azurerm_key_vault.main.id
}

output "same" {
  value = data.azurerm_key_vault_key.disks.public_key_pem == azurerm_key_vault_key.disks.public_key_pem
}

output "kind" {
  value = "${data.azurerm_key_vault_key.disks.key_type} ${data.azurerm_key_vault_key.disks.key_size}"
}

output "url" {
  value = data.azurerm_disk_encryption_set.main.key_vault_key_url == azurerm_key_vault_key.disks.id
}
