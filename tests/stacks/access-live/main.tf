# One workload of another team's cluster, which reads secrets; and a group that administers.
variable "grant" {
  type    = bool
  default = true
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "main" {
  name     = "rg-access"
  location = "westeurope"
}

resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2023-07-01"
  name      = "kv-access"
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
  for_each = toset(["api", "api-jobs"])

  name                = "fic-${each.key}"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.api.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example/"
  subject             = "system:serviceaccount:payments:${each.key}"
}

resource "azurerm_role_assignment" "secrets" {
  count = var.grant ? 1 : 0

  scope                = azapi_resource.vault.id
  role_definition_name = "Key Vault Secrets User"
  principal_id         = azurerm_user_assigned_identity.api.principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "administrators" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Owner"
  principal_id         = "33333333-3333-4333-8333-333333333333"
  principal_type       = "Group"
}
