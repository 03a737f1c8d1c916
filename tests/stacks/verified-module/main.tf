# A module in the manner of Azure Verified Modules: it counts its uses, asks who runs it, and guards what may be null.
terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0.0, < 5.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-verified"
  location = "westeurope"
}

module "plain" {
  source = "./modules/identity"

  name                = "id-plain"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

module "locked" {
  source = "./modules/identity"

  name                = "id-locked"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  lock                = { kind = "CanNotDelete" }
  enable_telemetry    = false
}

output "lock" {
  value = module.locked.lock
}

output "counted" {
  value = module.plain.counted
}
