terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

variable "name" {
  default = "Quay landing zone"
}

variable "tags" {
  type    = map(string)
  default = { team = "quay" }
}

variable "workload" {
  default = "DevTest"
}

variable "section" {
  default = "invoiceSections/one"
}

variable "keep" {
  default = false
}

locals {
  billing = "/providers/Microsoft.Billing/billingAccounts/quay/billingProfiles/main"
}

provider "azurerm" {
  features {
    subscription {
      prevent_cancellation_on_destroy = var.keep
    }
  }
}

# A new one, which is opened under a billing account.
resource "azurerm_subscription" "quay" {
  subscription_name = var.name
  billing_scope_id  = "${local.billing}/${var.section}"
  workload          = var.workload
  tags              = var.tags
}

# One that is there already, under an alias of its own.
resource "azurerm_subscription" "shared" {
  alias             = "shared"
  subscription_name = "Shared services"
  subscription_id   = "55555555-5555-4555-8555-555555555555"
}

# What is in the new one is made in the same run.
provider "azurerm" {
  alias           = "quay"
  subscription_id = azurerm_subscription.quay.subscription_id
  features {}
}

provider "azapi" {
  alias           = "quay"
  subscription_id = azurerm_subscription.quay.subscription_id
}

resource "azurerm_resource_group" "quay" {
  provider = azurerm.quay
  name     = "rg-quay"
  location = "westeurope"
}

resource "azapi_resource" "berth" {
  provider = azapi.quay
  type     = "Microsoft.Resources/resourceGroups@2023-07-01"
  name     = "rg-berth"
  location = "westeurope"
}

# Asked in the new subscription, so not before it is there.
data "azurerm_client_config" "quay" {
  provider = azurerm.quay
}

data "azurerm_subscription" "quay" {
  subscription_id = azurerm_subscription.quay.subscription_id
}

output "quay" {
  value = {
    state    = data.azurerm_subscription.quay.state
    group_id = azurerm_resource_group.quay.id
    works_in = data.azurerm_client_config.quay.subscription_id
  }
}
