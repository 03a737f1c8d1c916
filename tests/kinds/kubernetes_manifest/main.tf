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

variable "verbs" {
  type    = list(string)
  default = ["get", "list"]
}

variable "force" {
  type    = bool
  default = false
}

resource "kubernetes_manifest" "role" {
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "Role"
    metadata   = { name = "reader", namespace = "default" }
    rules      = [{ apiGroups = [""], resources = ["pods"], verbs = var.verbs }]
  }
}

resource "kubernetes_manifest" "settings" {
  manifest = yamldecode(<<-YAML
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: settings
      namespace: default
      labels:
        app: web
    data:
      level: info
    YAML
  )
  field_manager {
    force_conflicts = var.force
  }
}

resource "kubernetes_manifest" "web" {
  manifest = {
    apiVersion = "apps/v1"
    kind       = "Deployment"
    metadata   = { name = "web", namespace = "default" }
    spec = {
      replicas = 2
      selector = { matchLabels = { app = "web" } }
      template = {
        metadata = { labels = { app = "web" } }
        spec     = { containers = [{ name = "web", image = "registry.example/web:1" }] }
      }
    }
  }
  wait {
    rollout = true
  }
}

resource "kubernetes_manifest" "password" {
  manifest = {
    apiVersion = "v1"
    kind       = "Secret"
    metadata   = { name = "password", namespace = "default" }
    data       = { password = base64encode("MARKER-in-a-manifest") }
  }
}
