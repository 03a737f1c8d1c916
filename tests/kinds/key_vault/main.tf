terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}
data "azurerm_client_config" "current" {}

variable "sku" {
  default = "standard"
}

variable "rbac" {
  default = true
}

variable "purge_protection" {
  type    = bool
  default = null
}

variable "rules" {
  type    = string
  default = null
}

variable "retention" {
  default = 7
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-quay"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.current.tenant_id
  sku_name                   = var.sku
  rbac_authorization_enabled = var.rbac
  soft_delete_retention_days = var.retention
  purge_protection_enabled   = var.purge_protection
  tags                       = { team = "quay" }

  dynamic "network_acls" {
    for_each = var.rules[*]
    content {
      default_action = "Deny"
      bypass         = "AzureServices"
      ip_rules       = [network_acls.value]
    }
  }
}

output "uri" {
  value = azurerm_key_vault.main.vault_uri
}
