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

variable "days" {
  default = 30
}

variable "ingestion" {
  default = "Enabled"
}

variable "groups" {
  type    = list(string)
  default = ["audit"]
}

variable "name" {
  default = "to-logs"
}

resource "azurerm_log_analytics_workspace" "main" {
  name                           = "log-main"
  resource_group_name            = azurerm_resource_group.main.name
  location                       = azurerm_resource_group.main.location
  sku                            = "PerGB2018"
  retention_in_days              = var.days
  internet_ingestion_access_type = var.ingestion
}

data "azurerm_client_config" "me" {}

resource "azurerm_key_vault" "main" {
  name                       = "kv-logs"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_monitor_diagnostic_setting" "vault" {
  name                       = var.name
  target_resource_id         = azurerm_key_vault.main.id
  log_analytics_workspace_id = azurerm_log_analytics_workspace.main.id

  dynamic "enabled_log" {
    for_each = var.groups
    content {
      category_group = enabled_log.value
    }
  }
  enabled_metric {
    category = "AllMetrics"
  }
}

data "azurerm_log_analytics_workspace" "main" {
  name                = azurerm_log_analytics_workspace.main.name
  resource_group_name = azurerm_resource_group.main.name
}

output "workspace" {
  value = data.azurerm_log_analytics_workspace.main.sku
}

output "setting" {
  value = azurerm_monitor_diagnostic_setting.vault.id
}
