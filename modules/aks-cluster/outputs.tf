output "id" {
  description = "ARM id of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "oidc_issuer_url" {
  description = "Issuer of the cluster's service account tokens, with its final slash, for federated credentials."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "node_resource_group" {
  description = "Resource group that Azure makes for the nodes."
  value       = azurerm_kubernetes_cluster.this.node_resource_group
}

output "kubelet_principal_id" {
  description = "Principal of the nodes, for pulling images."
  value       = azurerm_user_assigned_identity.kubelet.principal_id
}

output "control_plane_principal_id" {
  description = "Principal of the control plane."
  value       = azurerm_user_assigned_identity.control_plane.principal_id
}
