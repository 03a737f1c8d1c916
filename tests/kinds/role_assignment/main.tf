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
variable "role" {
  default = "Reader"
}

variable "description" {
  type    = string
  default = null
}

variable "principal" {
  default = "a"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  for_each            = toset(["a", "b"])
  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_role_assignment" "main" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = var.role
  principal_id         = azurerm_user_assigned_identity.main[var.principal].principal_id
  description          = var.description
}

data "azurerm_role_definition" "pull" {
  name = "AcrPull"
}

resource "azurerm_role_assignment" "by_id" {
  scope              = azurerm_resource_group.main.id
  role_definition_id = data.azurerm_role_definition.pull.id
  principal_id       = azurerm_user_assigned_identity.main["a"].principal_id
  principal_type     = "ServicePrincipal"
}

output "name" {
  value = azurerm_role_assignment.main.name
}
