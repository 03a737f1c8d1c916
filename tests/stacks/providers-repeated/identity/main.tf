terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm" }
  }
}

variable "group" {}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-app"
  resource_group_name = var.group
  location            = "westeurope"
}

output "id" {
  value = azurerm_user_assigned_identity.main.id
}
