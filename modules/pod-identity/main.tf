# One grant for each identity, however many bindings use it. Bowline makes them before the bindings.
resource "azurerm_role_assignment" "operator" {
  for_each = var.identities

  scope                            = each.value
  role_definition_name             = "Managed Identity Operator"
  principal_id                     = var.control_plane_principal_id
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

resource "bowline_pod_identity" "this" {
  for_each = var.bindings

  kubernetes_cluster_id     = var.kubernetes_cluster_id
  namespace                 = each.value.namespace
  name                      = each.key
  user_assigned_identity_id = var.identities[each.value.identity]
  binding_selector          = each.value.selector
}

resource "bowline_pod_identity_exception" "this" {
  for_each = var.exceptions

  kubernetes_cluster_id = var.kubernetes_cluster_id
  namespace             = each.value.namespace
  name                  = each.key
  pod_labels            = each.value.pod_labels
}
