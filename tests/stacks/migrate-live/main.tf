terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
    bowline = {
      source = "bowline/bowline"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-4111-8111-111111111111"
}

variable "pod_identity" {
  type    = bool
  default = true
}

variable "pod_identities" {
  type    = map(string)
  default = { orders = "orders" }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-shop"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "all" {
  for_each = toset(["cluster", "orders"])

  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-shop"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_role_assignment" "secrets" {
  for_each = toset(["orders"])

  scope                = azurerm_key_vault.main.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.all[each.key].principal_id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-shop"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "shop"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.all["cluster"].id]
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }

  pod_identity_profile {
    enabled = var.pod_identity
  }
}

resource "azurerm_role_assignment" "operator" {
  for_each = var.pod_identities

  scope                = azurerm_user_assigned_identity.all[each.value].id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.all["cluster"].principal_id
}

resource "bowline_pod_identity" "all" {
  for_each = var.pod_identities

  kubernetes_cluster_id     = azurerm_kubernetes_cluster.main.id
  namespace                 = "shop"
  name                      = each.key
  user_assigned_identity_id = azurerm_user_assigned_identity.all[each.value].id
}
