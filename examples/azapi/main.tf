terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

provider "azapi" {
  subscription_id = var.subscription_id
}

variable "subscription_id" {
  type    = string
  default = "11111111-1111-4111-8111-111111111111"
}

variable "retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

resource "azapi_resource" "group" {
  type      = "Microsoft.Resources/resourceGroups@2023-07-01"
  name      = "rg-azapi"
  location  = "westeurope"
  parent_id = "/subscriptions/${var.subscription_id}"
}

resource "azapi_resource" "logs" {
  type      = "Microsoft.OperationalInsights/workspaces@2023-09-01"
  name      = "log-azapi"
  parent_id = azapi_resource.group.id
  location  = azapi_resource.group.location

  body = {
    properties = {
      retentionInDays = var.retention_days
      sku             = { name = "PerGB2018" }
    }
  }

  response_export_values = ["properties.customerId"]
}

resource "azapi_resource" "registry" {
  type      = "Microsoft.ContainerRegistry/registries@2023-07-01"
  name      = "crazapiexample"
  parent_id = azapi_resource.group.id
  location  = azapi_resource.group.location
  tags      = { purpose = "images" }

  identity {
    type = "SystemAssigned"
  }

  body = {
    sku        = { name = "Standard" }
    properties = { adminUserEnabled = false }
  }

  response_export_values = { server = "properties.loginServer" }
}

output "workspace_key" {
  value = azapi_resource.logs.output.properties.customerId
}

output "login_server" {
  value = azapi_resource.registry.output.server
}
