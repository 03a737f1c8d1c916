# A vault whose secrets a group of the directory may read, and an identity that is made a member of it by hand.
variable "grant" {
  type    = bool
  default = true
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-groups"
  location = "westeurope"
}

resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2023-07-01"
  name      = "kv-groups"
  parent_id = azurerm_resource_group.main.id
  location  = azurerm_resource_group.main.location

  body = {
    properties = {
      tenantId                = "22222222-2222-4222-8222-222222222222"
      sku                     = { family = "A", name = "standard" }
      enableRbacAuthorization = true
    }
  }
}

resource "azurerm_user_assigned_identity" "api" {
  name                = "id-api"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_federated_identity_credential" "api" {
  name                = "fic-api"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.api.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example/"
  subject             = "system:serviceaccount:payments:api"
}

resource "azurerm_role_assignment" "readers" {
  count = var.grant ? 1 : 0

  scope                = azapi_resource.vault.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = "33333333-3333-4333-8333-333333333333"
}

resource "azurerm_role_assignment" "auditor" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Reader"
  principal_id         = "44444444-4444-4444-8444-000000000001"
}
