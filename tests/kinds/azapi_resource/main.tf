terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

provider "azapi" {}

variable "tls" {
  default = "TLS1_2"
}

variable "public" {
  type    = bool
  default = false
}

variable "region" {
  default = "West Europe"
}

variable "trigger" {
  default = "one"
}

resource "azapi_resource" "group" {
  type     = "Microsoft.Resources/resourceGroups@2023-07-01"
  name     = "rg-quay"
  location = "westeurope"
}

resource "azapi_resource" "storage" {
  type      = "Microsoft.Storage/storageAccounts@2023-05-01"
  name      = "stquay"
  parent_id = azapi_resource.group.id
  location  = var.region
  tags      = { team = "quay" }
  locks     = [azapi_resource.group.id]

  body = {
    kind = "StorageV2"
    sku  = { name = "Standard_LRS" }
    properties = {
      minimumTlsVersion = var.tls
      accessTier        = null
    }
  }

  ignore_null_property             = true
  schema_validation_enabled        = false
  replace_triggers_external_values = [var.trigger]
  create_headers                   = { "x-ms-test" = "create" }

  retry = {
    error_message_regex = ["ScopeLocked", "still being deleted"]
    interval_seconds    = 5
  }

  response_export_values = {
    blob = "properties.primaryEndpoints.blob"
    tier = "sku.tier"
  }
}

# Some properties of what is made elsewhere.
resource "azapi_update_resource" "public" {
  type        = "Microsoft.Storage/storageAccounts@2023-05-01"
  resource_id = azapi_resource.storage.id

  body = {
    properties = {
      allowBlobPublicAccess = var.public
    }
  }

  response_export_values = ["properties.allowBlobPublicAccess"]
}

resource "azapi_resource_action" "keys" {
  type                             = "Microsoft.Storage/storageAccounts@2023-05-01"
  resource_id                      = azapi_resource.storage.id
  action                           = "listKeys"
  sensitive_response_export_values = ["*"]
  response_export_values           = { first = "keys[0].keyName" }
}

data "azapi_resource" "read" {
  type                   = "Microsoft.Storage/storageAccounts@2023-05-01"
  name                   = azapi_resource.storage.name
  parent_id              = azapi_resource.group.id
  response_export_values = ["kind", "properties.minimumTlsVersion"]
  depends_on             = [azapi_update_resource.public]
}

output "blob" {
  value = azapi_resource.storage.output.blob
}

output "read" {
  value = data.azapi_resource.read.output
}

output "first_key" {
  value = azapi_resource_action.keys.output.first
}
