terraform {
  required_version = ">= 1.9, < 2.0"

  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.4"
    }
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0.0, < 5.0.0"
    }
    modtm = {
      source  = "azure/modtm"
      version = "~> 0.3"
    }
    random = {
      source  = "hashicorp/random"
      version = "~> 3.5"
    }
  }
}

variable "name" {
  type = string
}

variable "location" {
  type     = string
  nullable = false
}

variable "resource_group_name" {
  type = string
}

variable "enable_telemetry" {
  type     = bool
  default  = true
  nullable = false
}

variable "lock" {
  type = object({
    kind = string
    name = optional(string, null)
  })
  default = null

  validation {
    condition     = var.lock != null ? contains(["CanNotDelete", "ReadOnly"], var.lock.kind) : true
    error_message = "The lock's kind must be CanNotDelete or ReadOnly."
  }
}

resource "azurerm_user_assigned_identity" "this" {
  name                = var.name
  location            = var.location
  resource_group_name = var.resource_group_name
}

resource "azurerm_management_lock" "this" {
  count = var.lock != null ? 1 : 0

  name       = coalesce(var.lock.name, "lock-${var.lock.kind}")
  scope      = azurerm_user_assigned_identity.this.id
  lock_level = var.lock.kind
}

data "azapi_client_config" "telemetry" {
  count = var.enable_telemetry ? 1 : 0
}

data "modtm_module_source" "telemetry" {
  count = var.enable_telemetry ? 1 : 0

  module_path = path.module
}

resource "random_uuid" "telemetry" {
  count = var.enable_telemetry ? 1 : 0
}

resource "modtm_telemetry" "telemetry" {
  count = var.enable_telemetry ? 1 : 0

  tags = merge({
    subscription_id = one(data.azapi_client_config.telemetry).subscription_id
    tenant_id       = one(data.azapi_client_config.telemetry).tenant_id
    module_source   = one(data.modtm_module_source.telemetry).module_source
    module_version  = one(data.modtm_module_source.telemetry).module_version
    random_id       = one(random_uuid.telemetry).result
  }, { location = var.location })
}

locals {
  is_fork = !anytrue([
    for form in ["registry.terraform.io/[A|a]zure/.+", "git::https://github\\.com/[A|a]zure/.+"] :
    can(regex(form, one(data.modtm_module_source.telemetry).module_source))
  ])
}

output "lock" {
  value = one(azurerm_management_lock.this[*].name)
}

output "counted" {
  value = {
    fork         = local.is_fork
    subscription = one(data.azapi_client_config.telemetry[*].subscription_resource_id)
    source       = one(modtm_telemetry.telemetry[*].tags.module_source)
  }
}
