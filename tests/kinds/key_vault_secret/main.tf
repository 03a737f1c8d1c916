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

data "azurerm_client_config" "me" {}

variable "password" {
  default   = "first-secret"
  sensitive = true
}

variable "kind" {
  default = "text/plain"
}

variable "hidden_version" {
  default = 1
}

variable "name" {
  default = "database"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-secrets"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_key_vault_secret" "database" {
  name            = var.name
  key_vault_id    = azurerm_key_vault.main.id
  value           = var.password
  content_type    = var.kind
  expiration_date = "2030-01-01T00:00:00Z"
  tags            = { team = "shop" }
}

# A value that is never recorded.
resource "azurerm_key_vault_secret" "hidden" {
  name             = "hidden"
  key_vault_id     = azurerm_key_vault.main.id
  value_wo         = "hidden-secret"
  value_wo_version = var.hidden_version
}

data "azurerm_key_vault_secret" "database" {
  name         = azurerm_key_vault_secret.database.name
  key_vault_id = azurerm_key_vault.main.id
}

output "address" {
  value = azurerm_key_vault_secret.database.versionless_id
}

output "read" {
  value     = data.azurerm_key_vault_secret.database.value
  sensitive = true
}
