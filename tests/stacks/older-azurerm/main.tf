# A stack as azurerm 4.x takes it: names and blocks that 5.x has no more.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.16"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "audited" {
  type    = bool
  default = true
}

variable "account" {
  type    = string
  default = "stolder"
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-older"
  location = "West Europe"
}

resource "azurerm_storage_account" "all" {
  for_each = toset(["stolder", "stnewer"])

  name                     = each.key
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_storage_container" "backup" {
  name                  = "backup"
  storage_account_name  = azurerm_storage_account.all[var.account].name
  container_access_type = "private"
}

resource "azurerm_container_registry" "main" {
  name                     = "crolder"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  sku                      = "Premium"
  trust_policy_enabled     = false
  retention_policy_in_days = 7

  georeplications {
    location                = "northeurope"
    zone_redundancy_enabled = false
  }
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = "log-older"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

module "logs" {
  source = "./modules/logs"

  registry  = azurerm_container_registry.main.id
  workspace = azurerm_log_analytics_workspace.main.id
  audited   = var.audited
}
