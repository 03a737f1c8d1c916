# A little of everything that can be cut short: objects made at once and by operations that run on, objects with ids that
# are known before and ids that Azure gives, one that lives in the state alone.

variable "generation" {
  type    = number
  default = 1
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-crash"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-crash"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = var.generation == 1 ? ["10.0.0.0/16"] : ["10.0.0.0/16", "10.1.0.0/16"]
}

resource "azurerm_subnet" "main" {
  name                 = "snet-${var.generation}"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = ["10.0.${var.generation}.0/24"]
}

resource "azapi_resource" "storage" {
  type      = "Microsoft.Storage/storageAccounts@2023-05-01"
  name      = "stcrash"
  parent_id = azurerm_resource_group.main.id
  location  = azurerm_resource_group.main.location

  body = {
    kind       = "StorageV2"
    sku        = { name = "Standard_LRS" }
    properties = { minimumTlsVersion = "TLS1_2" }
  }
}

resource "azurerm_user_assigned_identity" "app" {
  for_each = toset(["a", "b"])

  name                = "id-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = { generation = tostring(var.generation) }
}

resource "azurerm_federated_identity_credential" "app" {
  for_each = { for pair in setproduct(["a", "b"], ["x", "y"]) : join("-", pair) => pair }

  name                = "fic-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.app[each.value[0]].id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example"
  subject             = "system:serviceaccount:${each.value[0]}:${each.value[1]}"
}

resource "azurerm_role_assignment" "app" {
  for_each = azurerm_user_assigned_identity.app

  scope                = azapi_resource.storage.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = each.value.principal_id
}

resource "terraform_data" "seal" {
  input            = { for name, identity in azurerm_user_assigned_identity.app : name => identity.client_id }
  triggers_replace = var.generation

  lifecycle {
    create_before_destroy = true
  }
}
