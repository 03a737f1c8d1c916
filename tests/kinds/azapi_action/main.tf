provider "azurerm" {
  features {}
}
provider "azapi" {}
resource "azurerm_resource_group" "main" {
  name     = "rg-actions"
  location = "westeurope"
}
resource "azurerm_storage_account" "main" {
  name                     = "stactions"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "LRS"
}
resource "azapi_resource_action" "now" {
  type                   = "Microsoft.Storage/storageAccounts@2023-05-01"
  resource_id            = azurerm_storage_account.main.id
  action                 = "regenerateKey"
  body                   = { keyName = "key1" }
  response_export_values = ["keys"]
}
resource "azapi_resource_action" "at_the_end" {
  type        = "Microsoft.Storage/storageAccounts@2023-05-01"
  resource_id = azurerm_storage_account.main.id
  action      = "regenerateKey"
  method      = "POST"
  when        = "destroy"
  body        = { keyName = "key2" }
}
resource "azapi_update_resource" "blobs" {
  type        = "Microsoft.Storage/storageAccounts/blobServices@2023-05-01"
  resource_id = "${azurerm_storage_account.main.id}/blobServices/default"
  body        = { properties = { automaticSnapshotPolicyEnabled = true } }
}
