# Administrators and readers that the directory knows by their names.
terraform {
  required_providers {
    azuread = {
      source  = "hashicorp/azuread"
      version = "~> 3.0"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "azuread" {
  tenant_id = "22222222-2222-4222-8222-222222222222"
}

data "azuread_client_config" "me" {}

data "azuread_group" "admins" {
  display_name     = "AKS Admins"
  security_enabled = true
}

data "azuread_user" "lead" {
  user_principal_name = "lead@example.com"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-directory"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "id-directory"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

data "azuread_service_principal" "cluster" {
  client_id = azurerm_user_assigned_identity.cluster.client_id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                   = "aks-directory"
  resource_group_name    = azurerm_resource_group.main.name
  location               = azurerm_resource_group.main.location
  dns_prefix             = "aks-directory"
  local_account_disabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4as_v5"
    node_count = 1
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled     = true
    tenant_id              = data.azuread_client_config.me.tenant_id
    admin_group_object_ids = [data.azuread_group.admins.object_id]
  }
}

resource "azurerm_role_assignment" "lead" {
  scope                = azurerm_kubernetes_cluster.main.id
  role_definition_name = "Azure Kubernetes Service RBAC Reader"
  principal_id         = data.azuread_user.lead.object_id
}

output "members" {
  value = data.azuread_group.admins.members
}

output "same" {
  value = data.azuread_service_principal.cluster.object_id == azurerm_user_assigned_identity.cluster.principal_id
}
