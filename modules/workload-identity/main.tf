locals {
  # What Entra expects in the token of a service account, and the audience that the workload identity webhook asks for.
  subjects = {
    for key, account in var.service_accounts : key => "system:serviceaccount:${account.namespace}:${account.name}"
  }
  audience = "api://AzureADTokenExchange"
}

resource "azurerm_user_assigned_identity" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "this" {
  for_each = var.service_accounts

  name                = "fic-${each.key}"
  resource_group_name = var.resource_group_name
  parent_id           = azurerm_user_assigned_identity.this.id
  audience            = [local.audience]
  issuer              = each.value.issuer
  subject             = local.subjects[each.key]
}

module "grants" {
  source = "../role-grant"

  principal_id = azurerm_user_assigned_identity.this.principal_id
  grants       = var.grants
}
