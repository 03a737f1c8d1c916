locals {
  # What Entra expects in the token of a service account, and the audience that the workload identity webhook asks for.
  subjects = {
    for key, account in var.service_accounts : key => "system:serviceaccount:${account.namespace}:${account.name}"
  }
  audience = "api://AzureADTokenExchange"

  # The cluster's half is made only where it is asked for, so that a stack without the provider kubernetes needs none.
  accounts   = var.kubernetes == null ? {} : var.service_accounts
  namespaces = var.kubernetes == null ? [] : var.kubernetes.namespaces
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

resource "kubernetes_namespace_v1" "this" {
  for_each = toset(local.namespaces)

  metadata {
    name = each.key
  }
}

# The webhook gives a pod the client id that its service account names.
resource "kubernetes_service_account_v1" "this" {
  for_each = local.accounts

  metadata {
    name        = each.value.name
    namespace   = each.value.namespace
    annotations = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.this.client_id }
  }

  depends_on = [kubernetes_namespace_v1.this]
}
