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

resource "azurerm_resource_group" "main" {
  name     = "rg-pod-identity"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "all" {
  for_each = toset(["cluster", "ledger"])

  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

# bowline:ignore public-api-server a cluster as it was in its day, to be migrated
# bowline:ignore pod-identity-retired what this example is about: "bowline migrate pod-identity" leads out of it
resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-pod-identity"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "pods"

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
    enabled = true
  }
}

module "pods" {
  source = "../../modules/pod-identity"

  kubernetes_cluster_id      = azurerm_kubernetes_cluster.main.id
  control_plane_principal_id = azurerm_user_assigned_identity.all["cluster"].principal_id

  identities = {
    ledger = azurerm_user_assigned_identity.all["ledger"].id
  }
  bindings = {
    api    = { namespace = "ledger", identity = "ledger" }
    worker = { namespace = "ledger", identity = "ledger", selector = "ledger-worker" }
  }
  exceptions = {
    metrics = { namespace = "kube-system", pod_labels = { app = "metrics-agent" } }
  }
}

output "selectors" {
  value = module.pods.selectors
}
