locals {
  by_aks = var.installation == "aks"
}

# One grant for each identity, however many bindings use it. Bowline makes them before the bindings.
resource "azurerm_role_assignment" "operator" {
  for_each = var.identities

  scope                            = each.value
  role_definition_name             = "Managed Identity Operator"
  principal_id                     = var.control_plane_principal_id
  principal_type                   = "ServicePrincipal"
  skip_service_principal_aad_check = true
}

resource "kubernetes_namespace_v1" "this" {
  for_each = var.namespaces

  metadata {
    name = each.key
  }
}

# The add-on: Azure keeps what is bound, and AKS makes the objects in the cluster from it.
resource "bowline_pod_identity" "this" {
  for_each = local.by_aks ? var.bindings : {}

  kubernetes_cluster_id     = var.kubernetes_cluster_id
  namespace                 = each.value.namespace
  name                      = each.key
  user_assigned_identity_id = var.identities[each.value.identity]
  binding_selector          = each.value.selector

  depends_on = [kubernetes_namespace_v1.this]
}

resource "bowline_pod_identity_exception" "this" {
  for_each = local.by_aks ? var.exceptions : {}

  kubernetes_cluster_id = var.kubernetes_cluster_id
  namespace             = each.value.namespace
  name                  = each.key
  pod_labels            = each.value.pod_labels

  depends_on = [kubernetes_namespace_v1.this]
}

# The open source installation reads the same from objects that somebody has to make.
resource "kubernetes_manifest" "identity" {
  for_each = local.by_aks ? {} : var.bindings

  manifest = {
    apiVersion = "aadpodidentity.k8s.io/v1"
    kind       = "AzureIdentity"
    metadata   = { name = each.key, namespace = each.value.namespace }
    spec = {
      type       = 0
      resourceID = var.identities[each.value.identity]
      clientID   = var.client_ids[each.value.identity]
    }
  }

  depends_on = [kubernetes_namespace_v1.this]
}

resource "kubernetes_manifest" "binding" {
  for_each = local.by_aks ? {} : var.bindings

  manifest = {
    apiVersion = "aadpodidentity.k8s.io/v1"
    kind       = "AzureIdentityBinding"
    metadata   = { name = "${each.key}-binding", namespace = each.value.namespace }
    spec       = { azureIdentity = each.key, selector = coalesce(each.value.selector, each.key) }
  }

  depends_on = [kubernetes_manifest.identity]
}

resource "kubernetes_manifest" "exception" {
  for_each = local.by_aks ? {} : var.exceptions

  manifest = {
    apiVersion = "aadpodidentity.k8s.io/v1"
    kind       = "AzurePodIdentityException"
    metadata   = { name = each.key, namespace = each.value.namespace }
    spec       = { podLabels = each.value.pod_labels }
  }

  depends_on = [kubernetes_namespace_v1.this]
}
