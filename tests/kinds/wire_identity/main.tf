# Identities, what they trust and what they may, in steps.
provider "azurerm" {
  features {}
  resource_provider_registrations = "none"
}

variable "subjects" {
  type    = map(string)
  default = {
    api    = "system:serviceaccount:store:api"
    worker = "system:serviceaccount:store:worker"
  }
}

variable "text" {
  default = "reads"
}

variable "condition" {
  default = null
}

variable "role" {
  default = "Key Vault Secrets User"
}

resource "azurerm_resource_group" "store" {
  name     = "rg-store"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "store" {
  name                = "id-store"
  location            = azurerm_resource_group.store.location
  resource_group_name = azurerm_resource_group.store.name
}

resource "azurerm_federated_identity_credential" "store" {
  for_each                  = var.subjects
  name                      = "fic-${each.key}"
  user_assigned_identity_id = azurerm_user_assigned_identity.store.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://westeurope.oic.prod-aks.azure.com/tenant/one/"
  subject                   = each.value
}

resource "azurerm_role_assignment" "store" {
  name                 = "6f6f0c4e-5f0b-4c4f-9a54-0d8a4c7f1b01"
  scope                = azurerm_resource_group.store.id
  role_definition_name = var.role
  principal_id         = azurerm_user_assigned_identity.store.principal_id
  principal_type       = "ServicePrincipal"
  description          = var.text
  condition            = var.condition
}
