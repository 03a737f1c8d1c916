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
# Clusters of different shapes, each typed in from the argument lists of azurerm's documentation.

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-shapes"
  location = "West Europe"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-shapes"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.1.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  for_each             = { cni = "10.1.0.0/20", kubenet = "10.1.16.0/22", private = "10.1.20.0/22", aci = "10.1.24.0/24" }
  name                 = "snet-${each.key}"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [each.value]
}

# The smallest one of the documentation.
resource "azurerm_kubernetes_cluster" "plain" {
  name                = "aks-plain"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "plain"

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2_v2"
  }

  identity {
    type = "SystemAssigned"
  }

  tags = {
    Environment = "Production"
  }
}

resource "azurerm_kubernetes_cluster" "kubenet" {
  name                = "aks-kubenet"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "kubenet"

  default_node_pool {
    name           = "default"
    node_count     = 2
    vm_size        = "Standard_DS2_v2"
    vnet_subnet_id = azurerm_subnet.nodes["kubenet"].id
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin    = "kubenet"
    pod_cidr          = "10.244.0.0/16"
    service_cidr      = "10.100.0.0/16"
    dns_service_ip    = "10.100.0.10"
    load_balancer_sku = "standard"
    outbound_type     = "loadBalancer"

    load_balancer_profile {
      managed_outbound_ip_count = 2
      idle_timeout_in_minutes   = 10
    }
  }
}

# A pool that scales, sign-in with Entra groups, add-ons, windows of maintenance.
resource "azurerm_kubernetes_cluster" "governed" {
  name                              = "aks-governed"
  location                          = azurerm_resource_group.main.location
  resource_group_name               = azurerm_resource_group.main.name
  dns_prefix                        = "governed"
  kubernetes_version                = "1.33"
  sku_tier                          = "Standard"
  automatic_upgrade_channel         = "stable"
  node_os_upgrade_channel           = "NodeImage"
  azure_policy_enabled              = true
  local_account_disabled            = true
  role_based_access_control_enabled = true
  oidc_issuer_enabled               = true
  workload_identity_enabled         = true
  image_cleaner_enabled             = true
  image_cleaner_interval_hours      = 48
  cost_analysis_enabled             = true

  default_node_pool {
    name                         = "system"
    vm_size                      = "Standard_D4ds_v5"
    auto_scaling_enabled         = true
    min_count                    = 1
    max_count                    = 5
    max_pods                     = 60
    os_disk_type                 = "Ephemeral"
    os_disk_size_gb              = 100
    os_sku                       = "AzureLinux"
    zones                        = ["1", "2", "3"]
    only_critical_addons_enabled = true
    vnet_subnet_id               = azurerm_subnet.nodes["cni"].id
    temporary_name_for_rotation  = "interim"

    node_labels = {
      role = "system"
    }

    upgrade_settings {
      max_surge                     = "33%"
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 5
    }
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_policy      = "cilium"
    network_data_plane  = "cilium"
  }

  azure_active_directory_role_based_access_control {
    tenant_id              = data.azurerm_client_config.current.tenant_id
    admin_group_object_ids = ["5f3e9a52-0d3e-4f63-8a11-6a5f0c1d2e3f"]
    azure_rbac_enabled     = true
  }

  api_server_access_profile {
    authorized_ip_ranges = ["198.51.100.0/24"]
  }

  auto_scaler_profile {
    balance_similar_node_groups = true
    expander                    = "least-waste"
    scale_down_delay_after_add  = "15m"
  }

  key_vault_secrets_provider {
    secret_rotation_enabled  = true
    secret_rotation_interval = "5m"
  }

  workload_autoscaler_profile {
    keda_enabled                    = true
    vertical_pod_autoscaler_enabled = true
  }

  storage_profile {
    blob_driver_enabled = true
  }

  monitor_metrics {
    annotations_allowed = null
    labels_allowed      = null
  }

  maintenance_window_auto_upgrade {
    frequency   = "RelativeMonthly"
    interval    = 1
    duration    = 4
    day_of_week = "Tuesday"
    week_index  = "First"
    start_time  = "01:00"
    utc_offset  = "+01:00"
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    duration    = 4
    day_of_week = "Sunday"
    start_time  = "02:00"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "windows" {
  name                  = "win"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.cni.id
  vm_size               = "Standard_D4s_v5"
  node_count            = 1
  os_type               = "Windows"
  os_sku                = "Windows2022"
  vnet_subnet_id        = azurerm_subnet.nodes["cni"].id
}

resource "azurerm_kubernetes_cluster_node_pool" "spot" {
  name                  = "spot"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.governed.id
  vm_size               = "Standard_D4s_v5"
  vnet_subnet_id        = azurerm_subnet.nodes["cni"].id
  priority              = "Spot"
  eviction_policy       = "Delete"
  spot_max_price        = -1
  auto_scaling_enabled  = true
  min_count             = 0
  max_count             = 10
  node_labels           = { "kubernetes.azure.com/scalesetpriority" = "spot" }
  node_taints           = ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"]
}

# Azure CNI with a network of its own, Windows nodes, logs and virtual nodes.
resource "azurerm_kubernetes_cluster" "cni" {
  name                = "aks-cni"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "cni"

  default_node_pool {
    name           = "system"
    node_count     = 1
    vm_size        = "Standard_D2s_v5"
    vnet_subnet_id = azurerm_subnet.nodes["cni"].id
  }

  identity {
    type = "SystemAssigned"
  }

  windows_profile {
    admin_username = "azureadmin"
    admin_password = "Not-A-Real-Passw0rd"
  }

  linux_profile {
    admin_username = "azureadmin"
    ssh_key {
      key_data = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ example"
    }
  }

  network_profile {
    network_plugin = "azure"
    network_policy = "azure"
    service_cidr   = "10.200.0.0/16"
    dns_service_ip = "10.200.0.10"
  }

  oms_agent {
    log_analytics_workspace_id      = "${azurerm_resource_group.main.id}/providers/Microsoft.OperationalInsights/workspaces/log-shapes"
    msi_auth_for_monitoring_enabled = true
  }

  aci_connector_linux {
    subnet_name = azurerm_subnet.nodes["aci"].name
  }

  web_app_routing {
    dns_zone_ids = []
  }
}

# A private cluster with a zone of its own and an identity of ours.
resource "azurerm_user_assigned_identity" "control" {
  name                = "id-private"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_role_assignment" "network" {
  scope                = azurerm_virtual_network.main.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_user_assigned_identity.control.principal_id
}

resource "azurerm_kubernetes_cluster" "private" {
  name                                = "aks-private"
  location                            = azurerm_resource_group.main.location
  resource_group_name                 = azurerm_resource_group.main.name
  dns_prefix                          = "private"
  private_cluster_enabled             = true
  private_cluster_public_fqdn_enabled = false
  private_dns_zone_id                 = "System"

  default_node_pool {
    name           = "system"
    node_count     = 1
    vm_size        = "Standard_D2s_v5"
    vnet_subnet_id = azurerm_subnet.nodes["private"].id
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.control.id]
  }

  network_profile {
    network_plugin = "azure"
    outbound_type  = "userDefinedRouting"
  }

  depends_on = [azurerm_role_assignment.network]
}
