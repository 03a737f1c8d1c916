provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "a" {
  name     = "rg-interrupted"
  location = "westeurope"
}
