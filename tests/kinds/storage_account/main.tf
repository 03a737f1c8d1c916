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
variable "replication" {
  default = "LRS"
}

variable "tier" {
  default = "Standard"
}

variable "tls" {
  default = "TLS1_2"
}

variable "shared_keys" {
  default = true
}

variable "versioning" {
  default = false
}

variable "rules" {
  type    = string
  default = null
}

variable "access" {
  default = "private"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_storage_account" "main" {
  name                      = "stquay"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  account_tier              = var.tier
  account_replication_type  = var.replication
  min_tls_version           = var.tls
  shared_access_key_enabled = var.shared_keys
  tags                      = { team = "quay" }

  dynamic "network_rules" {
    for_each = var.rules[*]
    content {
      default_action = "Deny"
      ip_rules       = [network_rules.value]
      bypass         = ["Logging", "AzureServices"]
    }
  }

  dynamic "blob_properties" {
    for_each = var.versioning ? [true] : []
    content {
      versioning_enabled = true
      delete_retention_policy {
        days = 14
      }
    }
  }
}

resource "azurerm_storage_container" "main" {
  name                  = "ledger"
  storage_account_id    = azurerm_storage_account.main.id
  container_access_type = var.access
  metadata              = { owner = "quay" }
}

output "endpoint" {
  value = azurerm_storage_account.main.primary_blob_endpoint
}
