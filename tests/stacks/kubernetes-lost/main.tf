# Objects whose names are made up, in a cluster whose answers get lost.
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

variable "maps" {
  type    = set(string)
  default = []
}

resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
}

# bowline:ignore public-api-server what this is about is the way to it
resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "aks"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "kubernetes_config_map_v1" "settings" {
  for_each = var.maps

  metadata {
    generate_name = "settings-"
    labels        = { of = each.key }
  }
  data = { of = each.key }
}

variable "pull" {
  type    = list(string)
  default = []
}

resource "kubernetes_service_account_v1" "app" {
  count = length(var.pull) > 0 ? 1 : 0

  metadata {
    name = "app"
  }

  dynamic "image_pull_secret" {
    for_each = var.pull

    content {
      name = image_pull_secret.value
    }
  }
}
