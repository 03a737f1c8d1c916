terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-kinds"
  location = "westeurope"
}

variable "roles" {
  type    = list(string)
  default = ["Microsoft.MachineLearningServices/workspaces/mlworkload"]
}

variable "source_name" {
  default = "ml-a"
}

variable "settings" {
  type    = map(string)
  default = { "useKubeletIdentity" = "true" }
}

variable "secret" {
  default   = "first"
  sensitive = true
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  dns_prefix          = "main"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D2s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

resource "azurerm_kubernetes_cluster_trusted_access_role_binding" "ml" {
  name                  = "ml"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  roles                 = var.roles
  source_resource_id    = "${azurerm_resource_group.main.id}/providers/Microsoft.MachineLearningServices/workspaces/${var.source_name}"
}

resource "azurerm_kubernetes_cluster_extension" "flux" {
  name                             = "flux"
  cluster_id                       = azurerm_kubernetes_cluster.main.id
  extension_type                   = "microsoft.flux"
  configuration_settings           = var.settings
  configuration_protected_settings = { token = var.secret }
}

resource "azurerm_kubernetes_cluster_extension" "pinned" {
  name              = "dapr"
  cluster_id        = azurerm_kubernetes_cluster.main.id
  extension_type    = "microsoft.dapr"
  version           = "1.14.4"
  release_namespace = "dapr"
}

data "azurerm_kubernetes_cluster_node_pool" "system" {
  name                    = "system"
  kubernetes_cluster_name = azurerm_kubernetes_cluster.main.name
  resource_group_name     = azurerm_resource_group.main.name
}

data "azurerm_kubernetes_service_versions" "here" {
  location        = azurerm_resource_group.main.location
  include_preview = false
}

data "azurerm_resources" "clusters" {
  type       = "Microsoft.ContainerService/managedClusters"
  depends_on = [azurerm_kubernetes_cluster.main]
}

data "azurerm_subscriptions" "all" {
}

output "read" {
  value = {
    size      = data.azurerm_kubernetes_cluster_node_pool.system.vm_size
    versions  = data.azurerm_kubernetes_service_versions.here.versions
    latest    = data.azurerm_kubernetes_service_versions.here.latest_version
    clusters  = data.azurerm_resources.clusters.resources[*].name
    payers    = data.azurerm_subscriptions.all.subscriptions[*].display_name
    namespace = azurerm_kubernetes_cluster_extension.flux.release_namespace
  }
}
