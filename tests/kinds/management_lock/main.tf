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

variable "level" {
  default = "CanNotDelete"
}

resource "azurerm_user_assigned_identity" "kept" {
  name                = "id-kept"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_management_lock" "group" {
  name       = "lock-group"
  scope      = azurerm_resource_group.main.id
  lock_level = var.level
  notes      = "kept on purpose"
}

resource "azurerm_management_lock" "identity" {
  name       = "lock-identity"
  scope      = azurerm_user_assigned_identity.kept.id
  lock_level = "CanNotDelete"
}

# Nothing says that this comes before the lock of its group, and goes after it.
resource "azurerm_virtual_network" "beneath" {
  name                = "vnet-beneath"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}
