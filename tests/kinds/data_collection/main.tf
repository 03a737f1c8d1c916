terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
  }
}

provider "azurerm" {
  features {}
}

variable "interval" {
  default = "1m"
}

variable "public" {
  default = true
}

variable "rule" {
  default = "dcr-insights"
}

resource "azurerm_resource_group" "main" {
  name     = "rg-seen"
  location = "westeurope"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-seen"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  dns_prefix          = "seen"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 2

    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  monitor_metrics {}
}

resource "azurerm_log_analytics_workspace" "main" {
  name                = "log-seen"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_log_analytics_solution" "insights" {
  solution_name         = "ContainerInsights"
  workspace_name        = azurerm_log_analytics_workspace.main.name
  workspace_resource_id = azurerm_log_analytics_workspace.main.id
  resource_group_name   = azurerm_resource_group.main.name
  location              = azurerm_resource_group.main.location

  plan {
    publisher = "Microsoft"
    product   = "OMSGallery/ContainerInsights"
  }
}

resource "azurerm_monitor_workspace" "metrics" {
  name                          = "amw-seen"
  resource_group_name           = azurerm_resource_group.main.name
  location                      = azurerm_resource_group.main.location
  public_network_access_enabled = var.public
}

resource "azurerm_monitor_data_collection_endpoint" "metrics" {
  name                = "dce-seen"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  kind                = "Linux"
}

resource "azurerm_monitor_data_collection_rule" "metrics" {
  name                        = "dcr-metrics"
  resource_group_name         = azurerm_resource_group.main.name
  location                    = azurerm_resource_group.main.location
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.metrics.id
  kind                        = "Linux"

  destinations {
    monitor_account {
      monitor_account_id = azurerm_monitor_workspace.metrics.id
      name               = "metrics"
    }
  }

  data_flow {
    streams      = ["Microsoft-PrometheusMetrics"]
    destinations = ["metrics"]
  }

  data_sources {
    prometheus_forwarder {
      name    = "PrometheusDataSource"
      streams = ["Microsoft-PrometheusMetrics"]

      label_include_filter {
        label = "microsoft_metrics_include_label"
        value = "seen"
      }
    }
  }
}

resource "azurerm_monitor_data_collection_rule" "insights" {
  name                = var.rule
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  description         = "Logs of containers."

  destinations {
    log_analytics {
      workspace_resource_id = azurerm_log_analytics_workspace.main.id
      name                  = "logs"
    }
  }

  data_flow {
    streams      = ["Microsoft-ContainerInsights-Group-Default", "Custom-Seen"]
    destinations = ["logs"]
  }

  data_sources {
    extension {
      name           = "ContainerInsightsExtension"
      extension_name = "ContainerInsights"
      streams        = ["Microsoft-ContainerInsights-Group-Default"]

      # Written as people write it, not as the service answers it.
      extension_json = <<-JSON
        {
          "dataCollectionSettings": {
            "interval": "${var.interval}",
            "enableContainerLogV2": true
          }
        }
      JSON
    }

    syslog {
      name           = "syslog"
      streams        = ["Microsoft-Syslog"]
      facility_names = ["auth", "daemon"]
      log_levels     = ["Error", "Critical"]
    }
  }

  stream_declaration {
    stream_name = "Custom-Seen"

    column {
      name = "TimeGenerated"
      type = "datetime"
    }
    column {
      name = "RawData"
      type = "string"
    }
  }
}

resource "azurerm_monitor_data_collection_rule_association" "metrics" {
  name                    = "metrics"
  target_resource_id      = azurerm_kubernetes_cluster.main.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.metrics.id
}

resource "azurerm_monitor_data_collection_rule_association" "insights" {
  name                    = "insights"
  target_resource_id      = azurerm_kubernetes_cluster.main.id
  data_collection_rule_id = azurerm_monitor_data_collection_rule.insights.id
  description             = "Logs of containers."
}

resource "azurerm_monitor_data_collection_rule_association" "endpoint" {
  target_resource_id          = azurerm_kubernetes_cluster.main.id
  data_collection_endpoint_id = azurerm_monitor_data_collection_endpoint.metrics.id
}

output "query_endpoint" {
  value = azurerm_monitor_workspace.metrics.query_endpoint
}
