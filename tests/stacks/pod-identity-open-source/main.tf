# AAD Pod Identity of one's own: its objects are made by the module, in the cluster.
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

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.main.kube_config[0].host
  client_certificate     = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_certificate)
  client_key             = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].client_key)
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.main.kube_config[0].cluster_ca_certificate)
}

# The end of the migration: the bindings go, then the installation.
variable "bindings" {
  type    = bool
  default = true
}

variable "installed" {
  type    = bool
  default = true
}

locals {
  # What the chart of AAD Pod Identity brings.
  kinds = {
    azureidentities            = "AzureIdentity"
    azureidentitybindings      = "AzureIdentityBinding"
    azurepodidentityexceptions = "AzurePodIdentityException"
  }
}

resource "azurerm_resource_group" "main" {
  name     = "rg-shop"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "orders" {
  name                = "id-orders"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-shop"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

resource "azurerm_role_assignment" "secrets" {
  scope                            = azurerm_key_vault.main.id
  role_definition_name             = "Key Vault Secrets User"
  principal_id                     = azurerm_user_assigned_identity.orders.principal_id
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-shop"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "shop"
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

resource "kubernetes_manifest" "definition" {
  for_each = var.installed ? local.kinds : {}

  manifest = {
    apiVersion = "apiextensions.k8s.io/v1"
    kind       = "CustomResourceDefinition"
    metadata   = { name = "${each.key}.aadpodidentity.k8s.io" }
    spec = {
      group = "aadpodidentity.k8s.io"
      scope = "Namespaced"
      names = { kind = each.value, listKind = "${each.value}List", plural = each.key, singular = lower(each.value) }
      versions = [{
        name    = "v1"
        served  = true
        storage = true
        schema  = { openAPIV3Schema = { type = "object", "x-kubernetes-preserve-unknown-fields" = true } }
      }]
    }
  }
}

resource "kubernetes_manifest" "nmi" {
  count = var.installed ? 1 : 0

  manifest   = yamldecode(file("${path.module}/nmi.yaml"))
  depends_on = [kubernetes_manifest.definition]
}

module "pods" {
  source = "../../modules/pod-identity"

  installation               = "open_source"
  kubernetes_cluster_id      = azurerm_kubernetes_cluster.main.id
  control_plane_principal_id = azurerm_kubernetes_cluster.main.kubelet_identity[0].object_id
  namespaces                 = ["identities"]

  identities = var.bindings ? { orders = azurerm_user_assigned_identity.orders.id } : {}
  client_ids = { orders = azurerm_user_assigned_identity.orders.client_id }
  bindings   = var.bindings ? { orders = { namespace = "identities", identity = "orders" } } : {}
  exceptions = var.bindings ? { metrics = { namespace = "kube-system", pod_labels = { app = "metrics" } } } : {}

  depends_on = [kubernetes_manifest.definition]
}

output "selectors" {
  value = module.pods.selectors
}
