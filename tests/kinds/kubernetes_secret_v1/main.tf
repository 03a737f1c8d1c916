provider "azurerm" {
  features {}
}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.main.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_key)
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

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

variable "password" {
  type      = string
  default   = "MARKER-one"
  sensitive = true
}

variable "revision" {
  type    = number
  default = 1
}

resource "kubernetes_secret_v1" "recorded" {
  metadata {
    name = "recorded"
  }
  data        = { password = var.password, user = "shop" }
  binary_data = { key = "/w==" }
}

resource "kubernetes_secret_v1" "written" {
  metadata {
    name = "written"
  }
  data_wo          = { password = var.password }
  data_wo_revision = var.revision
}

resource "kubernetes_secret_v1" "token" {
  metadata {
    name        = "token"
    annotations = { "kubernetes.io/service-account.name" = "default" }
  }
  type                           = "kubernetes.io/service-account-token"
  wait_for_service_account_token = false
}
