# A stack with what Terraform has and with what it does not have.

terraform {
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = "~> 3.6"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-exported"
  location = "westeurope"
}

resource "random_pet" "name" {
  depends_on = [azurerm_resource_group.main]
}

resource "terraform_data" "optional" {
  depends_on = [random_pet.name]

  lifecycle {
    enabled = true
  }
}
