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
}

variable "granted" {
  default = true
}

variable "selector" {
  default = null
}

variable "namespace" {
  default = "shop"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-pods"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "id-cluster"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_user_assigned_identity" "pods" {
  for_each            = toset(["api", "worker"])
  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_role_assignment" "operator" {
  for_each             = var.granted ? azurerm_user_assigned_identity.pods : {}
  scope                = each.value.id
  role_definition_name = "Managed Identity Operator"
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-pods"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "pods"

  default_node_pool {
    name       = "system"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  network_profile {
    network_plugin = "azure"
  }

  pod_identity_profile {
    enabled = true
  }
}

resource "bowline_pod_identity" "api" {
  kubernetes_cluster_id     = azurerm_kubernetes_cluster.main.id
  namespace                 = var.namespace
  name                      = "api"
  user_assigned_identity_id = azurerm_user_assigned_identity.pods["api"].id
  binding_selector          = var.selector
}

resource "bowline_pod_identity" "worker" {
  kubernetes_cluster_id     = azurerm_kubernetes_cluster.main.id
  namespace                 = "shop"
  name                      = "worker"
  user_assigned_identity_id = azurerm_user_assigned_identity.pods["worker"].id
}

resource "bowline_pod_identity_exception" "agents" {
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  namespace             = "kube-system"
  name                  = "agents"
  pod_labels            = { app = "agent" }
}

output "selectors" {
  value = [bowline_pod_identity.api.binding_selector, bowline_pod_identity.worker.provisioning_state]
}
