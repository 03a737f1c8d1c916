terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-4111-8111-111111111111"
}

# Off before the migration, then on; the applications' own grants go at its end.
variable "workload_identity" {
  type    = bool
  default = false
}

variable "old_grants" {
  type    = bool
  default = true
}

locals {
  # The object ids of the service principals of three applications.
  billing = "e6b8a4e3-2385-573e-99ed-f819ac4b2930"
  orders  = "d42db71d-d47b-5825-9066-4d4462a85481"
  legacy  = "6daf06a4-aa56-5550-86cc-e7f33bda39a8"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-shop"
  location = "westeurope"
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
  for_each = var.old_grants ? { billing = local.billing, orders = local.orders, legacy = local.legacy } : {}

  scope                            = azurerm_key_vault.main.id
  role_definition_name             = "Key Vault Secrets User"
  principal_id                     = each.value
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

resource "azurerm_role_assignment" "reader" {
  count = var.old_grants ? 1 : 0

  scope                            = azurerm_resource_group.main.id
  role_definition_name             = "Reader"
  principal_id                     = local.billing
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-shop"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "shop"
  oidc_issuer_enabled       = var.workload_identity
  workload_identity_enabled = var.workload_identity

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
  }

  identity {
    type = "SystemAssigned"
  }
}
