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

variable "name" {
  default = "rg-quay"
}

variable "location" {
  default = "West Europe"
}

variable "tags" {
  type    = map(string)
  default = { team = "quay" }
}

resource "azurerm_resource_group" "main" {
  name     = var.name
  location = var.location
  tags     = var.tags
}

data "azurerm_resource_group" "read" {
  name = azurerm_resource_group.main.name
}

output "read" {
  value = {
    id       = data.azurerm_resource_group.read.id
    location = data.azurerm_resource_group.read.location
    tags     = data.azurerm_resource_group.read.tags
  }
}
