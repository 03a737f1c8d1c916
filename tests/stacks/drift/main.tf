# What others change behind our back.
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-drift"
  location = "westeurope"
  tags     = { team = "ledger" }
}

resource "azurerm_user_assigned_identity" "main" {
  for_each = toset(["api", "jobs"])

  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = { owner = "nobody" }
}
