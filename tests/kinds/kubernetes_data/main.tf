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

resource "kubernetes_namespace_v1" "shop" {
  metadata {
    name   = "shop"
    labels = { team = "checkout" }
  }
}

resource "kubernetes_secret_v1" "license" {
  metadata {
    name      = "license"
    namespace = kubernetes_namespace_v1.shop.metadata[0].name
  }
  data = { key = "MARKER-license" }
}

data "kubernetes_namespace_v1" "shop" {
  metadata {
    name = kubernetes_namespace_v1.shop.metadata[0].name
  }
}

data "kubernetes_service_account_v1" "default" {
  metadata {
    name      = "default"
    namespace = data.kubernetes_namespace_v1.shop.metadata[0].name
  }
}

data "kubernetes_config_map_v1" "authority" {
  metadata {
    name      = "kube-root-ca.crt"
    namespace = data.kubernetes_namespace_v1.shop.metadata[0].name
  }
}

data "kubernetes_secret_v1" "license" {
  metadata {
    name      = kubernetes_secret_v1.license.metadata[0].name
    namespace = kubernetes_secret_v1.license.metadata[0].namespace
  }
}

data "kubernetes_secret_v1" "none" {
  metadata {
    name = "none"
  }
}

data "kubernetes_resource" "namespace" {
  api_version = "v1"
  kind        = "Namespace"
  metadata {
    name = kubernetes_namespace_v1.shop.metadata[0].name
  }
}

output "told" {
  value = {
    team      = data.kubernetes_namespace_v1.shop.metadata[0].labels.team
    account   = data.kubernetes_service_account_v1.default.id
    authority = keys(data.kubernetes_config_map_v1.authority.data)
    keys      = keys(nonsensitive(data.kubernetes_secret_v1.license.data))
    type      = data.kubernetes_secret_v1.license.type
    none      = nonsensitive(data.kubernetes_secret_v1.none.data == null)
    phase     = data.kubernetes_resource.namespace.object.status.phase
  }
}
