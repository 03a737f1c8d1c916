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

locals {
  # One of these for each of an identity's role assignments; no two alike, since Azure keeps one of scope, principal
  # and role.
  roles = [
    "Reader",
    "Monitoring Reader",
    "Key Vault Secrets User",
    "Storage Blob Data Reader",
    "AcrPull",
  ]
}

resource "azurerm_resource_group" "main" {
  name     = "rg-identities"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "workload" {
  count = var.identities

  name                = format("id-workload-%04d", count.index)
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_federated_identity_credential" "workload" {
  count = var.identities * var.credentials_per_identity

  name                = format("fic-%04d", count.index)
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.workload[floor(count.index / var.credentials_per_identity)].id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = var.issuer
  subject             = format("system:serviceaccount:workload-%04d:account-%d", floor(count.index / var.credentials_per_identity), count.index % var.credentials_per_identity)
}

resource "azurerm_role_assignment" "workload" {
  count = var.identities * var.assignments_per_identity

  scope                = azurerm_resource_group.main.id
  role_definition_name = local.roles[count.index % var.assignments_per_identity]
  principal_id         = azurerm_user_assigned_identity.workload[floor(count.index / var.assignments_per_identity)].principal_id
  principal_type       = "ServicePrincipal"
}
