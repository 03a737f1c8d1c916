variable "registry" {
  type = string
}

variable "workspace" {
  type = string
}

variable "audited" {
  type = bool
}

resource "azurerm_monitor_diagnostic_setting" "registry" {
  name                       = "to-logs"
  target_resource_id         = var.registry
  log_analytics_workspace_id = var.workspace

  enabled_log {
    category = "ContainerRegistryLoginEvents"

    retention_policy {
      enabled = false
    }
  }

  enabled_log {
    category = "ContainerRegistryRepositoryEvents"
  }

  metric {
    category = "AllMetrics"
    enabled  = var.audited

    retention_policy {
      enabled = false
      days    = 0
    }
  }
}

resource "azurerm_monitor_diagnostic_setting" "quiet" {
  name                       = "quiet"
  target_resource_id         = var.registry
  log_analytics_workspace_id = var.workspace

  enabled_log {
    category_group = "allLogs"
  }

  metric {
    category = "AllMetrics"
    enabled  = false
  }
}
