provider "azurerm" {
  features {}
}

variable "full" {
  default = false
}

variable "regions" {
  default = ["westeurope"]
}

locals {
  definitions = "/providers/Microsoft.Authorization/policyDefinitions"
}

data "azurerm_subscription" "current" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-ruled"
  location = "westeurope"
}

resource "azurerm_resource_group_policy_assignment" "regions" {
  name                 = "allowed-regions"
  resource_group_id    = azurerm_resource_group.main.id
  policy_definition_id = "${local.definitions}/e56962a6-4747-49cd-b67b-bf8b01975c4c"
  display_name         = "Only where our people are"
  description          = var.full ? "Data stays in the Union." : null
  enforce              = !var.full
  location             = "westeurope"
  not_scopes           = var.full ? ["${azurerm_resource_group.main.id}/providers/Microsoft.Network/publicIPAddresses/pip"] : null
  parameters           = jsonencode({ listOfAllowedLocations = { value = var.regions } })
  metadata             = var.full ? jsonencode({ category = "Regions" }) : null

  identity {
    type = "SystemAssigned"
  }

  dynamic "non_compliance_message" {
    for_each = var.full ? [1] : []
    content {
      content = "Use a region of the Union."
    }
  }

  dynamic "overrides" {
    for_each = var.full ? [1] : []
    content {
      value = "audit"
    }
  }

  dynamic "resource_selectors" {
    for_each = var.full ? [1] : []
    content {
      name = "storage"
      selectors {
        kind = "resourceType"
        in   = ["Microsoft.Storage/storageAccounts"]
      }
    }
  }
}

resource "azurerm_subscription_policy_assignment" "tagged" {
  name                 = "tagged"
  subscription_id      = data.azurerm_subscription.current.id
  policy_definition_id = "${local.definitions}/871b6d14-10aa-478d-b590-94f262ecfa99"
  enforce              = false
  parameters           = jsonencode({ tagName = { value = "team" } })
}

resource "azurerm_user_assigned_identity" "main" {
  name                = "id-ruled"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_resource_policy_assignment" "one" {
  name                 = "one"
  resource_id          = azurerm_user_assigned_identity.main.id
  policy_definition_id = "${local.definitions}/e56962a6-4747-49cd-b67b-bf8b01975c4c"
  parameters           = jsonencode({ listOfAllowedLocations = { value = ["westeurope"] } })
}
