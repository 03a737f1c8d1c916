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

variable "subject" {
  default = "system:serviceaccount:orders:api"
}

variable "issuer" {
  default = "https://westeurope.oic.prod-aks.azure.com/22222222-2222-4222-8222-222222222222/one/"
}

variable "audience" {
  default = "api://AzureADTokenExchange"
}

variable "name" {
  default = "orders-api"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-quay"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-orders"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_federated_identity_credential" "main" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.main.id
  issuer              = var.issuer
  subject             = var.subject
  audience            = [var.audience]
}

# Written beside each other, they are sent one after the other.
resource "azurerm_federated_identity_credential" "more" {
  for_each            = toset(["a", "b", "c"])
  name                = "worker-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.main.id
  issuer              = var.issuer
  subject             = "system:serviceaccount:orders:worker-${each.key}"
  audience            = [var.audience]
}
