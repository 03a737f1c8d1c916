# Many workloads: some read what is everybody's, others what is their own.
variable "shared" {
  default = 24
}

variable "own" {
  default = 24
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-many"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "app" {
  count               = var.shared + var.own
  name                = format("id-app%02d", count.index)
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_federated_identity_credential" "app" {
  count               = var.shared + var.own
  name                = "service"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.app[count.index].id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example/"
  subject             = format("system:serviceaccount:shop:app%02d", count.index)
}

resource "azurerm_storage_account" "own" {
  count                    = var.own
  name                     = format("stapp%02d", count.index)
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_role_assignment" "shared" {
  count                = var.shared
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.app[count.index].principal_id
}

resource "azurerm_role_assignment" "own" {
  count                = var.own
  scope                = azurerm_storage_account.own[count.index].id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.app[var.shared + count.index].principal_id
}

resource "azurerm_role_assignment" "administrator" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Owner"
  principal_id         = "44444444-4444-4444-8444-444444444444"
}
