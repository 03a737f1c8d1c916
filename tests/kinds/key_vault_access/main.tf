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

variable "secrets" {
  type    = list(string)
  default = ["Get", "List"]
}

variable "object" {
  default = "5f3e9a52-0d3e-4f63-8f0e-0f6f0a4f3a10"
}

data "azurerm_key_vault_access_policy" "keys" {
  name = "Key Management"
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-access"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}

resource "azurerm_key_vault_access_policy" "team" {
  key_vault_id       = azurerm_key_vault.main.id
  tenant_id          = data.azurerm_client_config.me.tenant_id
  object_id          = var.object
  secret_permissions = var.secrets
  key_permissions    = data.azurerm_key_vault_access_policy.keys.key_permissions
}

resource "azurerm_key_vault_access_policy" "through_application" {
  key_vault_id            = azurerm_key_vault.main.id
  tenant_id               = data.azurerm_client_config.me.tenant_id
  object_id               = var.object
  application_id          = "0b1c6c3e-6b8d-4f5e-9a3f-2a9f6f0f7d11"
  certificate_permissions = ["Get"]
}

data "azurerm_key_vault" "main" {
  name                = azurerm_key_vault.main.name
  resource_group_name = azurerm_resource_group.main.name
}

output "uri" {
  value = data.azurerm_key_vault.main.vault_uri
}
