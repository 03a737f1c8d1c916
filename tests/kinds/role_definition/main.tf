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
  default = "Quay Operator"
}

variable "actions" {
  type    = list(string)
  default = ["Microsoft.ContainerService/managedClusters/read"]
}

variable "description" {
  default = "Looks after the quay."
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_role_definition" "main" {
  name        = var.name
  scope       = azurerm_resource_group.main.id
  description = var.description

  permissions {
    actions      = var.actions
    data_actions = ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]
  }
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-orders"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_role_assignment" "main" {
  scope              = azurerm_resource_group.main.id
  role_definition_id = azurerm_role_definition.main.role_definition_resource_id
  principal_id       = azurerm_user_assigned_identity.main.principal_id
}
