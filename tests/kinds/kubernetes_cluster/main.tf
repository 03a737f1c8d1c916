terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}
variable "kubernetes_version" {
  default = "1.33"
}

variable "nodes" {
  default = 2
}

variable "vm_size" {
  default = "Standard_D4s_v5"
}

variable "tags" {
  type    = map(string)
  default = { team = "quay" }
}

variable "sku_tier" {
  type    = string
  default = null
}

variable "policy" {
  type    = bool
  default = null
}

variable "ranges" {
  type    = list(string)
  default = []
}

variable "channel" {
  type    = string
  default = null
}

variable "secrets" {
  default = false
}

variable "scaler" {
  default = false
}

variable "drivers" {
  default = false
}

variable "admins" {
  type    = list(string)
  default = []
}

variable "window" {
  default = false
}

variable "plugin" {
  default = "azure"
}

variable "dns_prefix" {
  default = "quay"
}

variable "issuer" {
  default = true
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-quay"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  dns_prefix                = var.dns_prefix
  kubernetes_version        = var.kubernetes_version
  sku_tier                  = var.sku_tier
  automatic_upgrade_channel = var.channel
  azure_policy_enabled      = var.policy
  oidc_issuer_enabled       = var.issuer
  workload_identity_enabled = true
  tags                      = var.tags

  default_node_pool {
    name                        = "system"
    vm_size                     = var.vm_size
    node_count                  = var.nodes
    temporary_name_for_rotation = "interim"

    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = var.plugin
    network_plugin_mode = var.plugin == "azure" ? "overlay" : null
  }

  dynamic "api_server_access_profile" {
    for_each = length(var.ranges) > 0 ? [var.ranges] : []
    content {
      authorized_ip_ranges = api_server_access_profile.value
    }
  }

  dynamic "azure_active_directory_role_based_access_control" {
    for_each = length(var.admins) > 0 ? [var.admins] : []
    content {
      admin_group_object_ids = azure_active_directory_role_based_access_control.value
      azure_rbac_enabled     = true
    }
  }

  dynamic "key_vault_secrets_provider" {
    for_each = var.secrets ? [true] : []
    content {
      secret_rotation_enabled = true
    }
  }

  dynamic "workload_autoscaler_profile" {
    for_each = var.scaler ? [true] : []
    content {
      keda_enabled = true
    }
  }

  dynamic "storage_profile" {
    for_each = var.drivers ? [true] : []
    content {
      blob_driver_enabled = true
    }
  }

  dynamic "maintenance_window_node_os" {
    for_each = var.window ? [true] : []
    content {
      frequency   = "Weekly"
      interval    = 1
      duration    = 4
      day_of_week = "Sunday"
      start_time  = "02:00"
      utc_offset  = "+00:00"
    }
  }
}

output "issuer" {
  value = azurerm_kubernetes_cluster.main.oidc_issuer_url
}
