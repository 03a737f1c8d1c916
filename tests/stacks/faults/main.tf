variable "purpose" {
  type    = string
  default = "tests"
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-faults"
  location = "westeurope"
}

resource "azurerm_virtual_network" "main" {
  name                = "vnet-faults"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = ["10.0.0.0/16"]
  tags                = { purpose = var.purpose }
}

resource "azurerm_user_assigned_identity" "app" {
  name                = "id-app"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  tags                = { purpose = var.purpose }
}

resource "azurerm_federated_identity_credential" "app" {
  name                = "fic-app"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.app.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example"
  subject             = "system:serviceaccount:app:app"
}
