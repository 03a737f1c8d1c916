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
  metadata_host                   = "SIMULATOR"
  subscription_id                 = "11111111-1111-4111-8111-111111111111"
  resource_provider_registrations = "none"
}

locals {
  scope = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-sdk"
}

import {
  to = azurerm_resource_group.sdk
  id = local.scope
}

resource "azurerm_resource_group" "sdk" {
  name     = "rg-sdk"
  location = "westeurope"
  tags     = { by = "sdk" }
}

import {
  to = azurerm_user_assigned_identity.sdk
  id = "${local.scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sdk"
}

resource "azurerm_user_assigned_identity" "sdk" {
  name                = "id-sdk"
  location            = azurerm_resource_group.sdk.location
  resource_group_name = azurerm_resource_group.sdk.name
}

import {
  to = azurerm_federated_identity_credential.sdk
  id = "${local.scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-sdk/federatedIdentityCredentials/fic-sdk"
}

resource "azurerm_federated_identity_credential" "sdk" {
  name                      = "fic-sdk"
  user_assigned_identity_id = azurerm_user_assigned_identity.sdk.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.sdk.oidc_issuer_url
  subject                   = "system:serviceaccount:sdk:app"
}

import {
  to = azurerm_kubernetes_cluster.sdk
  id = "${local.scope}/providers/Microsoft.ContainerService/managedClusters/aks-sdk"
}

resource "azurerm_kubernetes_cluster" "sdk" {
  name                = "aks-sdk"
  location            = azurerm_resource_group.sdk.location
  resource_group_name = azurerm_resource_group.sdk.name
  dns_prefix          = "sdk"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

import {
  to = azurerm_kubernetes_cluster_node_pool.sdk
  id = "${local.scope}/providers/Microsoft.ContainerService/managedClusters/aks-sdk/agentPools/extra"
}

resource "azurerm_kubernetes_cluster_node_pool" "sdk" {
  name                  = "extra"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.sdk.id
  vm_size               = "Standard_D4s_v5"
  node_count            = 2
}

import {
  to = azurerm_role_assignment.sdk
  id = "${local.scope}/providers/Microsoft.Authorization/roleAssignments/0d2b6d5e-92b1-4d43-8a83-6a4f0a4d7d01"
}

resource "azurerm_role_assignment" "sdk" {
  scope                = azurerm_resource_group.sdk.id
  role_definition_name = "Reader"
  principal_id         = azurerm_user_assigned_identity.sdk.principal_id
}

import {
  to = azurerm_role_definition.sdk
  id = "${local.scope}/providers/Microsoft.Authorization/roleDefinitions/0d2b6d5e-92b1-4d43-8a83-6a4f0a4d7d02|${local.scope}"
}

resource "azurerm_role_definition" "sdk" {
  name  = "Cluster Watcher of the SDK"
  scope = azurerm_resource_group.sdk.id
  permissions {
    actions = ["Microsoft.ContainerService/managedClusters/read"]
  }
}
