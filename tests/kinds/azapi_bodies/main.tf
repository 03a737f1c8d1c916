# How bodies are sent and compared.
terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

provider "azapi" {}

variable "secret" {
  default   = "first"
  sensitive = true
}

variable "generation" {
  default = "1"
}

variable "kind" {
  default = "StorageV2"
}

variable "casing" {
  default = true
}

variable "missing" {
  default = true
}

resource "azapi_resource" "group" {
  type     = "Microsoft.Resources/resourceGroups@2023-07-01"
  name     = "rg-bodies"
  location = "westeurope"
}

resource "azapi_resource" "plan" {
  type      = "Microsoft.Quay/plans@2024-01-01"
  name      = "plan"
  parent_id = azapi_resource.group.id
  location  = "westeurope"

  body = {
    kind = var.kind
    properties = {
      mode = "Manual"
      echo = "kept"
    }
  }

  sensitive_body = {
    properties = { password = var.secret }
  }
  sensitive_body_version = { "properties.password" = var.generation }

  schema_validation_enabled = false
  ignore_casing             = var.casing
  ignore_missing_property   = var.missing
  replace_triggers_refs     = ["kind"]
  response_export_values    = ["properties.mode"]
}

output "plan" {
  value = azapi_resource.plan.output
}
