# Forty workloads of eight teams on pod-managed identity, and the way off it: `bowline migrate pod-identity -live`. What
# runs in the cluster is in cluster/workloads.yaml. docs/migration.md tells how it goes on.
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

# The stages of the migration: workload identity on beside pod identity, then the bindings off, then the profile.
variable "workload_identity" {
  type    = bool
  default = false
}

variable "bindings" {
  type    = bool
  default = true
}

variable "pod_identity" {
  type    = bool
  default = true
}

locals {
  teams = toset(["billing", "cart", "catalog", "fraud", "ledger", "orders", "search", "shipping"])
}

resource "azurerm_resource_group" "main" {
  name     = "rg-pod-identity"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "id-cluster"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_user_assigned_identity" "team" {
  for_each = local.teams

  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-pod-identity"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_role_assignment" "secrets" {
  for_each = local.teams

  scope                            = azurerm_key_vault.main.id
  role_definition_name             = "Key Vault Secrets User"
  principal_id                     = azurerm_user_assigned_identity.team[each.key].principal_id
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

# bowline:ignore public-api-server a cluster as it was in its day, to be migrated
# bowline:ignore pod-identity-retired what this example is about: "bowline migrate pod-identity" leads out of it
resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-pod-identity"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "pods"
  oidc_issuer_enabled       = var.workload_identity
  workload_identity_enabled = var.workload_identity

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }

  pod_identity_profile {
    enabled = var.pod_identity
  }
}

module "pods" {
  source = "../../modules/pod-identity"

  kubernetes_cluster_id      = azurerm_kubernetes_cluster.main.id
  control_plane_principal_id = azurerm_user_assigned_identity.cluster.principal_id

  identities = { for team in local.teams : team => azurerm_user_assigned_identity.team[team].id if var.bindings }
  bindings   = { for team in local.teams : team => { namespace = team, identity = team } if var.bindings }
  exceptions = var.bindings ? { metrics = { namespace = "kube-system", pod_labels = { app = "metrics-agent" } } } : {}
}

output "selectors" {
  value = module.pods.selectors
}
