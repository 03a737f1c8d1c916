terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 5.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "severity" {
  default = 3
}

variable "name" {
  default = "nodes"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-rules"
  location = "westeurope"
}

resource "azurerm_monitor_workspace" "main" {
  name                = "amw-rules"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_monitor_alert_prometheus_rule_group" "nodes" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  cluster_name        = "aks-rules"
  description         = "Nodes and what runs on them."
  rule_group_enabled  = true
  interval            = "PT1M"
  scopes              = [azurerm_monitor_workspace.main.id]

  rule {
    record     = "instance:node_cpus:count"
    expression = "count(node_cpu_seconds_total)"

    labels = {
      team = "platform"
    }
  }

  rule {
    alert      = "NodeNotReady"
    expression = "kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0"
    for        = "PT15M"
    severity   = var.severity

    annotations = {
      summary = "A node is not ready."
    }

    alert_resolution {
      auto_resolved   = true
      time_to_resolve = "PT10M"
    }
  }
}

# What is left to the service.
resource "azurerm_monitor_alert_prometheus_rule_group" "short" {
  name                = "short"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  scopes              = [azurerm_monitor_workspace.main.id]

  rule {
    record     = "up:count"
    expression = "count(up)"
  }
}
