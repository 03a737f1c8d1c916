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

variable "name" {
  default = "id-orders"
}

variable "location" {
  default = "westeurope"
}

variable "tags" {
  type    = map(string)
  default = { team = "quay" }
}

variable "isolation" {
  type    = string
  default = null
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = var.location
  isolation_scope     = var.isolation
  tags                = var.tags
}

data "azurerm_user_assigned_identity" "read" {
  name                = azurerm_user_assigned_identity.main.name
  resource_group_name = azurerm_resource_group.main.name
}

output "agrees" {
  value = (
    data.azurerm_user_assigned_identity.read.principal_id == azurerm_user_assigned_identity.main.principal_id &&
    data.azurerm_user_assigned_identity.read.client_id == azurerm_user_assigned_identity.main.client_id
  )
}
