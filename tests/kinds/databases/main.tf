terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "size" {
  default = "GP_Standard_D2ds_v5"
}

variable "password" {
  default   = "correct-horse-1"
  sensitive = true
}

variable "database" {
  default = "orders"
}

variable "connection" {
  default = "Default"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "app" {
  name                = "id-app"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_postgresql_flexible_server" "main" {
  name                   = "psql-orders"
  resource_group_name    = azurerm_resource_group.main.name
  location               = azurerm_resource_group.main.location
  version                = "16"
  sku_name               = var.size
  storage_mb             = 65536
  administrator_login    = "pgadmin"
  administrator_password = var.password

  authentication {
    active_directory_auth_enabled = true
    password_auth_enabled         = true
    tenant_id                     = azurerm_user_assigned_identity.app.tenant_id
  }
  maintenance_window {
    day_of_week = 1
    start_hour  = 3
  }
}

resource "azurerm_postgresql_flexible_server_database" "orders" {
  name      = var.database
  server_id = azurerm_postgresql_flexible_server.main.id
}

resource "azurerm_mssql_server" "main" {
  name                = "sql-orders"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  version             = "12.0"
  connection_policy   = var.connection

  azuread_administrator {
    login_username              = azurerm_user_assigned_identity.app.name
    object_id                   = azurerm_user_assigned_identity.app.principal_id
    azuread_authentication_only = true
  }
}

resource "azurerm_mssql_database" "orders" {
  name        = var.database
  server_id   = azurerm_mssql_server.main.id
  sku_name    = "S0"
  max_size_gb = 10
}

output "hosts" {
  value = [azurerm_postgresql_flexible_server.main.fqdn, azurerm_mssql_server.main.fully_qualified_domain_name]
}
