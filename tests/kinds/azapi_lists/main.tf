# Lists in a body in which others have items too.
terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

provider "azapi" {}

variable "propagation" {
  default = true
}

variable "shared" {
  type    = list(string)
  default = ["properties.routes"]
}

resource "azapi_resource" "group" {
  type     = "Microsoft.Resources/resourceGroups@2023-07-01"
  name     = "rg-lists"
  location = "westeurope"
}

resource "azapi_resource" "table" {
  type      = "Microsoft.Network/routeTables@2024-05-01"
  name      = "rt"
  parent_id = azapi_resource.group.id
  location  = "westeurope"

  body = {
    properties = {
      disableBgpRoutePropagation = !var.propagation
      routes = [
        { name = "local", properties = { addressPrefix = "10.1.0.0/16", nextHopType = "VnetLocal" } },
        { name = "internet", properties = { addressPrefix = "0.0.0.0/0", nextHopType = "Internet" } },
      ]
    }
  }

  ignore_other_items_in_list = var.shared
  list_unique_id_property    = { "properties.routes" = "name" }
  response_export_values     = []
}

# What stands here is put beside what is there.
resource "azapi_update_resource" "more" {
  type        = "Microsoft.Network/routeTables@2024-05-01"
  resource_id = azapi_resource.table.id
  body = {
    properties = {
      routes = [{ name = "none", properties = { addressPrefix = "10.9.0.0/16", nextHopType = "None" } }]
    }
  }
  ignore_other_items_in_list = ["properties.routes"]
}
