# What the service answers of its own accord is no change; what a person changed is.
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

variable "drain" {
  default = null
}

variable "tier" {
  default = "Free"
}

data "azurerm_subscription" "here" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-drift"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                      = "aks-drift"
  location                  = azurerm_resource_group.main.location
  resource_group_name       = azurerm_resource_group.main.name
  dns_prefix                = "drift"
  kubernetes_version        = "1.33"
  automatic_upgrade_channel = "patch"
  sku_tier                  = var.tier

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 1
    dynamic "upgrade_settings" {
      for_each = var.drain == null ? [] : [var.drain]
      content {
        max_surge                = "33%"
        drain_timeout_in_minutes = upgrade_settings.value
      }
    }
  }

  identity {
    type = "SystemAssigned"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled = true
  }
}

# The word in the id is spelled as people spell it.
resource "azurerm_role_assignment" "nodes" {
  scope                = "${data.azurerm_subscription.here.id}/resourcegroups/${azurerm_kubernetes_cluster.main.node_resource_group}"
  role_definition_name = "Reader"
  principal_id         = azurerm_kubernetes_cluster.main.identity[0].principal_id
}

output "provider_identity" {
  value = azurerm_kubernetes_cluster.main.key_vault_secrets_provider[0].secret_identity[0].user_assigned_identity_id
}
