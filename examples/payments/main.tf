data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-${local.stem}"
  location = var.location
  tags     = local.tags
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-${local.stem}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = [var.address_space]
  tags                = local.tags
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [cidrsubnet(var.address_space, 2, 0)]
}

resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2023-07-01"
  name      = "kv-${local.stem}"
  parent_id = azurerm_resource_group.main.id
  location  = azurerm_resource_group.main.location
  tags      = local.tags

  body = {
    properties = {
      tenantId                  = data.azurerm_client_config.current.tenant_id
      sku                       = { family = "A", name = "standard" }
      enableRbacAuthorization   = true
      enableSoftDelete          = true
      softDeleteRetentionInDays = 7
    }
  }

  response_export_values = ["properties.vaultUri"]
}

resource "azapi_resource" "storage" {
  type      = "Microsoft.Storage/storageAccounts@2023-05-01"
  name      = "st${replace(local.stem, "-", "")}"
  parent_id = azurerm_resource_group.main.id
  location  = azurerm_resource_group.main.location
  tags      = local.tags

  body = {
    kind = "StorageV2"
    sku  = { name = "Standard_ZRS" }
    properties = {
      accessTier            = "Hot"
      allowBlobPublicAccess = false
      allowSharedKeyAccess  = false
      minimumTlsVersion     = "TLS1_2"
    }
  }
}

resource "azapi_resource" "ledger" {
  type      = "Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01"
  name      = "ledger"
  parent_id = "${azapi_resource.storage.id}/blobServices/default"

  body = {
    properties = { publicAccess = "None" }
  }
}

module "cluster" {
  source = "../../modules/aks-cluster"

  name                 = "aks-${local.stem}"
  resource_group_name  = azurerm_resource_group.main.name
  location             = azurerm_resource_group.main.location
  kubernetes_version   = var.kubernetes_version
  subnet_id            = azurerm_subnet.nodes.id
  authorized_ip_ranges = var.authorized_ip_ranges
  tags                 = local.tags

  node_pools = {
    workers = {
      vm_size   = var.worker_pool.vm_size
      autoscale = { min = var.worker_pool.min, max = var.worker_pool.max }
      labels    = { purpose = "workloads" }
      zones     = ["1", "2", "3"]
    }
  }
}

module "workload" {
  source   = "../../modules/workload-identity"
  for_each = var.workloads

  name                = "id-${local.stem}-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  grants              = local.grants[each.key]
  tags                = merge(local.tags, { workload = each.key })

  service_accounts = {
    for purpose in ["service", "jobs"] : "${each.key}-${purpose}" => {
      issuer    = module.cluster.oidc_issuer_url
      namespace = coalesce(each.value.namespace, each.key)
      name      = purpose == "service" ? each.key : "${each.key}-jobs"
    }
  }
}
