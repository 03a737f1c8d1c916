resource "azurerm_role_assignment" "this" {
  for_each = var.grants

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = var.principal_id
  principal_type       = var.principal_type
  description          = each.value.description
}
