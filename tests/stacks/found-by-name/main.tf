provider "azurerm" {
  features {}
}

variable "twice" {
  default = false
}

resource "azurerm_resource_group" "main" {
  for_each = toset(["rg-names", "rg-more"])
  name     = each.key
  location = "westeurope"
}

resource "azurerm_dns_zone" "main" {
  for_each            = toset(var.twice ? ["rg-names", "rg-more"] : ["rg-names"])
  name                = "quay.example"
  resource_group_name = azurerm_resource_group.main[each.key].name
}

resource "azurerm_private_dns_zone" "main" {
  name                = "quay.internal"
  resource_group_name = azurerm_resource_group.main["rg-names"].name
}

resource "azurerm_storage_account" "main" {
  name                     = "stquay"
  resource_group_name      = azurerm_resource_group.main["rg-more"].name
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_storage_container" "main" {
  name               = "ledger"
  storage_account_id = azurerm_storage_account.main.id
}
