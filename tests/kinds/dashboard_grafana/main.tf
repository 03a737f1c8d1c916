provider "azurerm" {
  features {}
}

variable "full" {
  default = false
}

variable "major" {
  default = "10"
}

variable "redundant" {
  default = false
}

variable "password" {
  default   = "first"
  sensitive = true
}

resource "azurerm_resource_group" "main" {
  name     = "rg-watch"
  location = "westeurope"
}

resource "azurerm_monitor_workspace" "main" {
  count               = 2
  name                = "amw-${count.index}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_dashboard_grafana" "main" {
  name                              = "graf-quay"
  resource_group_name               = azurerm_resource_group.main.name
  location                          = azurerm_resource_group.main.location
  grafana_major_version             = var.major
  api_key_enabled                   = var.full
  deterministic_outbound_ip_enabled = var.full
  public_network_access_enabled     = !var.full
  zone_redundancy_enabled           = var.redundant
  tags                              = var.full ? { team = "watch" } : null

  dynamic "smtp" {
    for_each = var.full ? [1] : []
    content {
      enabled          = true
      host             = "mail.example.net:587"
      user             = "grafana"
      password         = var.password
      from_address     = "grafana@example.net"
      start_tls_policy = "MandatoryStartTLS"
    }
  }

  dynamic "azure_monitor_workspace_integrations" {
    for_each = var.full ? reverse(azurerm_monitor_workspace.main) : slice(azurerm_monitor_workspace.main, 0, 1)
    content {
      resource_id = azure_monitor_workspace_integrations.value.id
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

# What it may see of the metrics.
resource "azurerm_role_assignment" "main" {
  scope                = azurerm_monitor_workspace.main[0].id
  role_definition_name = "Monitoring Data Reader"
  principal_id         = azurerm_dashboard_grafana.main.identity[0].principal_id
}
