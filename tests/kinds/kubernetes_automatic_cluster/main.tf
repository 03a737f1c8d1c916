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

variable "mesh" {
  default = false
}

variable "tags" {
  type    = map(string)
  default = null
}

variable "private" {
  default = false
}

resource "azurerm_kubernetes_automatic_cluster" "main" {
  name                = "aks-auto"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = var.tags

  identity {
    type = "SystemAssigned"
  }

  dynamic "private_cluster" {
    for_each = var.private ? [1] : []
    content {}
  }

  dynamic "service_mesh" {
    for_each = var.mesh ? [1] : []
    content {
      revisions                        = ["asm-1-26"]
      internal_ingress_gateway_enabled = true
    }
  }
}

data "azurerm_kubernetes_automatic_cluster" "main" {
  name                = azurerm_kubernetes_automatic_cluster.main.name
  resource_group_name = azurerm_resource_group.main.name
}

output "issuer" {
  value = data.azurerm_kubernetes_automatic_cluster.main.oidc_issuer_url
}
