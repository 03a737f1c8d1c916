# A pod that reads a secret with no secret in it: the cluster, the vault, an identity with its grant, and in the cluster the
# namespace, the service account and the deployment, all in one plan.
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 2.38"
    }
  }
}

provider "azurerm" {
  features {}
  subscription_id = "11111111-1111-4111-8111-111111111111"
}

# Known only once the cluster is there: until then what is in it is planned from the configuration.
provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.main.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].cluster_ca_certificate)
}

resource "azurerm_resource_group" "main" {
  name     = "rg-workload-identity"
  location = "westeurope"
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-workload-identity"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

# bowline:ignore public-api-server an example, to be reached from anywhere
resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-workload-identity"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "pods"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2s_v5"
  }

  identity {
    type = "SystemAssigned"
  }
}

module "orders" {
  source = "../../modules/workload-identity"

  name                = "id-orders"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location

  service_accounts = {
    orders = { issuer = azurerm_kubernetes_cluster.main.oidc_issuer_url, namespace = "shop", name = "orders" }
  }
  grants = {
    secrets = { scope = azurerm_key_vault.main.id, role = "Key Vault Secrets User" }
  }
  kubernetes = { namespaces = ["shop"] }
}

resource "kubernetes_manifest" "orders" {
  manifest = yamldecode(file("${path.module}/orders.yaml"))

  depends_on = [module.orders]
}
