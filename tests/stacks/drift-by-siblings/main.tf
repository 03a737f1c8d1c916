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

variable "secrets" {
  type    = list(string)
  default = ["Get"]
}

variable "port" {
  default = "443"
}

variable "siblings" {
  default = true
}

locals {
  siblings = var.siblings ? 1 : 0
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "main" {
  name     = "rg-siblings"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "snet-nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.1.0/24"]
}

# What is written into the network from beside it.
resource "azurerm_subnet" "more" {
  count                = local.siblings
  name                 = "snet-more"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.2.0/24"]
}

resource "azurerm_network_security_group" "main" {
  name                = "nsg-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_network_security_rule" "web" {
  count                       = local.siblings
  name                        = "allow-web"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.main.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_range      = var.port
  source_address_prefix       = "*"
  destination_address_prefix  = "*"
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  count                     = local.siblings
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.main.id
}

resource "azurerm_route_table" "main" {
  name                = "rt-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_route" "out" {
  count               = local.siblings
  name                = "out"
  resource_group_name = azurerm_resource_group.main.name
  route_table_name    = azurerm_route_table.main.name
  address_prefix      = "0.0.0.0/0"
  next_hop_type       = "Internet"
}

resource "azurerm_subnet_route_table_association" "nodes" {
  count          = local.siblings
  subnet_id      = azurerm_subnet.nodes.id
  route_table_id = azurerm_route_table.main.id
}

resource "azurerm_public_ip" "out" {
  name                = "pip-out"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
}

resource "azurerm_nat_gateway" "main" {
  name                = "ng-main"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_nat_gateway_public_ip_association" "out" {
  count                = local.siblings
  nat_gateway_id       = azurerm_nat_gateway.main.id
  public_ip_address_id = azurerm_public_ip.out.id
}

resource "azurerm_subnet_nat_gateway_association" "nodes" {
  count          = local.siblings
  subnet_id      = azurerm_subnet.nodes.id
  nat_gateway_id = azurerm_nat_gateway.main.id
}

resource "azurerm_key_vault" "main" {
  name                       = "kv-siblings"
  resource_group_name        = azurerm_resource_group.main.name
  location                   = azurerm_resource_group.main.location
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = false
}

resource "azurerm_key_vault_access_policy" "team" {
  count              = local.siblings
  key_vault_id       = azurerm_key_vault.main.id
  tenant_id          = data.azurerm_client_config.me.tenant_id
  object_id          = "5f3e9a52-0d3e-4f63-8f0e-0f6f0a4f3a10"
  secret_permissions = var.secrets
}

resource "azurerm_private_dns_zone" "main" {
  name                = "quay.internal"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_a_record" "api" {
  count               = local.siblings
  name                = "api"
  resource_group_name = azurerm_resource_group.main.name
  zone_name           = azurerm_private_dns_zone.main.name
  ttl                 = 300
  records             = ["10.0.1.4"]
}

resource "azurerm_private_dns_zone_virtual_network_link" "main" {
  count                 = local.siblings
  name                  = "main"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.main.name
  virtual_network_id    = azurerm_virtual_network.main.id
}

resource "azurerm_dns_zone" "main" {
  name                = "quay.example"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_dns_a_record" "api" {
  count               = local.siblings
  name                = "api"
  resource_group_name = azurerm_resource_group.main.name
  zone_name           = azurerm_dns_zone.main.name
  ttl                 = 300
  records             = ["203.0.113.4"]
}

resource "azurerm_storage_account" "main" {
  name                     = "stsiblings"
  resource_group_name      = azurerm_resource_group.main.name
  location                 = azurerm_resource_group.main.location
  account_tier             = "Standard"
  account_replication_type = "LRS"
}

resource "azurerm_storage_container" "logs" {
  count              = local.siblings
  name               = "logs"
  storage_account_id = azurerm_storage_account.main.id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-siblings"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  dns_prefix          = "siblings"

  node_provisioning_profile {
    mode = "Manual"
  }

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 1
    vnet_subnet_id = azurerm_subnet.nodes.id
    upgrade_settings {
      max_surge = "10%"
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  count                 = local.siblings
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.main.id
  vm_size               = "Standard_D4s_v5"
  node_count            = 1
  vnet_subnet_id        = azurerm_subnet.nodes.id
}
