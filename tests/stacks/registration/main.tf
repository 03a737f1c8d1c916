variable "registrations" {
  default = null
}

variable "named" {
  type    = list(string)
  default = []
}

provider "azurerm" {
  features {}
  resource_provider_registrations = var.registrations
  resource_providers_to_register  = var.named
}

resource "azurerm_resource_group" "main" {
  name     = "rg-new"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-new"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}
