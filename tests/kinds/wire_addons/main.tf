# Add-ons and profiles of a cluster in steps, and a vault that is purged when it goes.
provider "azurerm" {
  features {}
  resource_provider_registrations = "none"
}

variable "on" {
  default = true
}

variable "interval" {
  default = "2m"
}

variable "permissions" {
  type    = list(string)
  default = ["Get"]
}

resource "azurerm_resource_group" "mill" {
  name     = "rg-mill"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "mill" {
  name                             = "aks-mill"
  location                         = azurerm_resource_group.mill.location
  resource_group_name              = azurerm_resource_group.mill.name
  dns_prefix                       = "mill"
  azure_policy_enabled             = var.on
  http_application_routing_enabled = var.on
  image_cleaner_enabled            = true
  image_cleaner_interval_hours     = 48

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
  }

  identity {
    type = "SystemAssigned"
  }

  dynamic "key_vault_secrets_provider" {
    for_each = var.on ? [1] : []
    content {
      secret_rotation_enabled  = true
      secret_rotation_interval = var.interval
    }
  }

  dynamic "workload_autoscaler_profile" {
    for_each = var.on ? [1] : []
    content {
      keda_enabled = true
    }
  }

  dynamic "service_mesh_profile" {
    for_each = var.on ? [1] : []
    content {
      mode                             = "Istio"
      revisions                        = ["asm-1-25"]
      internal_ingress_gateway_enabled = true
    }
  }

  ingress_application_gateway {
    gateway_name = "agw-mill"
    subnet_cidr  = "10.225.0.0/16"
  }

  node_provisioning_profile {
    mode = "Manual"
  }
}

resource "azurerm_key_vault" "mill" {
  name                       = "kv-mill"
  location                   = azurerm_resource_group.mill.location
  resource_group_name        = azurerm_resource_group.mill.name
  tenant_id                  = "22222222-2222-4222-8222-222222222222"
  sku_name                   = "standard"
  soft_delete_retention_days = 7

  access_policy {
    tenant_id          = "22222222-2222-4222-8222-222222222222"
    object_id          = "11111111-1111-1111-1111-111111111111"
    secret_permissions = var.permissions
  }
}
