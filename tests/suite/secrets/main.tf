# Whatever a secret can come through.

variable "secret" {
  type      = string
  sensitive = true
}

variable "fleeting" {
  type      = string
  ephemeral = true
}

variable "size" {
  type    = number
  default = 1
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-secrets"
  location = "westeurope"
  tags     = { size = tostring(var.size) }
}

resource "azurerm_key_vault" "main" {
  name                = "kv-secrets"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tenant_id           = "22222222-2222-4222-8222-222222222222"
  sku_name            = "standard"
}

resource "azurerm_key_vault_secret" "recorded" {
  name         = "recorded"
  key_vault_id = azurerm_key_vault.main.id
  value        = "${var.secret}"
  tags         = { size = tostring(var.size) }
}

resource "azurerm_key_vault_secret" "written" {
  name             = "written"
  key_vault_id     = azurerm_key_vault.main.id
  value_wo         = var.fleeting
  value_wo_version = var.size
}

resource "azurerm_mssql_server" "main" {
  name                         = "sql-secrets"
  resource_group_name          = azurerm_resource_group.main.name
  location                     = azurerm_resource_group.main.location
  version                      = "12.0"
  administrator_login          = "sa-login"
  administrator_login_password = "Aa1!${var.secret}"
}

resource "terraform_data" "derived" {
  input = {
    open   = "open"
    secret = var.secret
    list   = [1, "x${var.secret}", true]
    size   = var.size
  }
}

resource "random_password" "made" {
  length = 20
}

resource "azurerm_storage_account" "main" {
  name                     = "stsecrets"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

output "secret" {
  value     = { inner = [var.secret], key = azurerm_storage_account.main.primary_access_key }
  sensitive = true
}
