# The platform, as it was written for azurerm 4.
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
  subscription_id = "11111111-1111-4111-8111-111111111111"
}

variable "endpoints" {
  type    = list(string)
  default = ["Microsoft.Storage", "Microsoft.KeyVault"]
}

resource "azurerm_resource_group" "main" {
  name     = "rg-platform"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-platform"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.0.0/20"]
  service_endpoints    = var.endpoints # storage and vaults
}

resource "azurerm_user_assigned_identity" "api" {
  name                = "id-api"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

# The API trusts one service account.
resource "azurerm_federated_identity_credential" "api" {
  name                = "api"
  resource_group_name = azurerm_resource_group.main.name # said twice
  parent_id           = azurerm_user_assigned_identity.api.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://westeurope.oic.prod-aks.azure.com/22222222-2222-4222-8222-222222222222/33333333-3333-4333-8333-333333333333/"
  subject             = "system:serviceaccount:api:api"
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks-platform"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  dns_prefix          = "platform"

  default_node_pool {
    name       = "default"
    node_count = 1
    vm_size    = "Standard_D2s_v5"

    kubelet_config {
      container_log_max_line = 3
    }
  }

  identity {
    type = "SystemAssigned"
  }
}

output "identity" {
  value = azurerm_federated_identity_credential.api.parent_id
}
