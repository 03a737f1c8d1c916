# What exists already is taken over as it is.
provider "azurerm" {
  features {}
}

locals {
  scope    = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-taken"
  provider = "${local.scope}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-taken"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "x" {
  for_each            = toset(["a", "b"])
  name                = "id-${each.key}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
}

# A credential by another name than its identity's.
resource "azurerm_federated_identity_credential" "x" {
  name                      = "fic-other"
  user_assigned_identity_id = azurerm_user_assigned_identity.x["a"].id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://issuer.example/"
  subject                   = "system:serviceaccount:app:app"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-taken"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "taken"

  default_node_pool {
    name       = "b"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_role_assignment" "subnet" {
  scope                = "${local.scope}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes"
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.x["b"].principal_id
}

import {
  to = azurerm_resource_group.main
  id = local.scope
}

import {
  to = azurerm_user_assigned_identity.x["a"]
  id = "${local.provider}/id-a"
}

import {
  to = azurerm_user_assigned_identity.x["b"]
  id = "${local.provider}/id-b"
}

import {
  to = azurerm_federated_identity_credential.x
  id = "${local.provider}/id-a/federatedIdentityCredentials/fic-other"
}

import {
  to = azurerm_kubernetes_cluster.main
  id = "${local.scope}/providers/Microsoft.ContainerService/managedClusters/aks-taken"
}

import {
  to = azurerm_role_assignment.subnet
  id = "${local.scope}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/nodes/providers/Microsoft.Authorization/roleAssignments/5c0f5d1e-66a4-4d2c-a44d-2f5b7b3f1d01"
}
