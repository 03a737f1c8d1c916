provider "azurerm" {
  features {}
}

data "azurerm_client_config" "me" {}

variable "curve" {
  default = "P-256"
}

variable "opts" {
  type    = list(string)
  default = ["sign", "verify"]
}

variable "tags" {
  type    = map(string)
  default = { team = "shop" }
}

variable "until" {
  default = "2030-01-01T00:00:00Z"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-keys"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-keys"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "premium"
  rbac_authorization_enabled = true
}

resource "azurerm_role_assignment" "me" {
  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Crypto Officer"
  principal_id         = data.azurerm_client_config.me.object_id
}

resource "azurerm_key_vault_key" "wrapping" {
  name         = "wrapping"
  key_vault_id = azurerm_key_vault.main.id
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]
  depends_on   = [azurerm_role_assignment.me]
}

resource "azurerm_key_vault_key" "signing" {
  for_each = { default = var.curve, large = "P-521", middle = "P-384" }

  name            = "signing-${each.key}"
  key_vault_id    = azurerm_key_vault.main.id
  key_type        = "EC"
  curve           = each.value
  key_opts        = var.opts
  not_before_date = "2026-01-01T00:00:00Z"
  expiration_date = var.until
  tags            = var.tags
  depends_on      = [azurerm_role_assignment.me]
}

data "azurerm_key_vault_key" "signing" {
  name         = azurerm_key_vault_key.signing["default"].name
  key_vault_id = azurerm_key_vault.main.id
}

locals {
  signing = azurerm_key_vault_key.signing
}

# What is random about a key is told by its form.
output "forms" {
  value = {
    rsa      = [azurerm_key_vault_key.wrapping.e, length(azurerm_key_vault_key.wrapping.n)]
    rsa_line = regex("^[a-z-]+ AAAA", azurerm_key_vault_key.wrapping.public_key_openssh)
    ec       = { for name, key in local.signing : name => [length(key.x), length(key.y), key.n, key.key_size] }
    ec_line  = { for name, key in local.signing : name => regex("^[a-z0-9-]+ AAAA", key.public_key_openssh) }
    ec_pem   = { for name, key in local.signing : name => split("\n", key.public_key_pem)[0] }
    same     = data.azurerm_key_vault_key.signing.public_key_pem == local.signing["default"].public_key_pem
  }
}
