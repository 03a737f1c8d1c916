variable "region" {
  default = "westeurope"
}

variable "nodes" {
  default = 3
}

variable "size" {
  default = "Standard_D4s_v5"
}

variable "recover" {
  default = true
}

provider "azurerm" {
  features {
    key_vault {
      recover_soft_deleted_key_vaults = var.recover
    }
  }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-harbour"
  location = var.region
  tags     = { owner = "harbour" }
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-harbour"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  tags                = { owner = "harbour" }
}

resource "azurerm_role_assignment" "main" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.main.principal_id
}

resource "azurerm_storage_account" "main" {
  name                     = "stharbour"
  location                 = azurerm_resource_group.main.location
  resource_group_name      = azurerm_resource_group.main.name
  account_tier             = "Standard"
  account_replication_type = "LRS"
  min_tls_version          = "TLS1_2"
  tags                     = { owner = "harbour" }
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-harbour"
  location                   = azurerm_resource_group.main.location
  resource_group_name        = azurerm_resource_group.main.name
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
  tags                       = { owner = "harbour" }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-harbour"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "harbour"
  tags                = { owner = "harbour" }

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 2
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.main.id]
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "work" {
  name                  = "work"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = var.size
  node_count            = var.nodes
}
