terraform {
  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-main"
  location = "westeurope"
}

# A slip.
resource "azurerm_user_asigned_identity" "typo" {
  name                = "id-typo"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

# Kinds that are not here, but known.
resource "azurerm_redis_cache" "sessions" {
  name                = "redis-sessions"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  capacity            = 1
  family              = "C"
  sku_name            = "Standard"
  minimum_tls_version = "1.2"

  redis_configuration {
    maxmemory_policy = "allkeys-lru"
  }

  tags = { team = "shop" }
}

resource "azurerm_servicebus_queue" "orders" {
  name         = "orders"
  namespace_id = var.namespace_id
}

# One of which nothing is known.
resource "azurerm_something_new" "x" {
  name = "x"
}

# What runs in the cluster.
resource "kubernetes_deployment" "app" {
  metadata {
    name = "app"
  }
}

resource "helm_release" "app" {
  name  = "app"
  chart = "app"
}

data "azurerm_redis_cache" "x" {
  name = "x"
}

variable "namespace_id" {
  type    = string
  default = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-bus/providers/Microsoft.ServiceBus/namespaces/bus"
}
