output "id" {
  description = "ARM id of the identity."
  value       = azurerm_user_assigned_identity.this.id
}

output "client_id" {
  description = "For the annotation azure.workload.identity/client-id of the service accounts."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "principal_id" {
  description = "For further role assignments."
  value       = azurerm_user_assigned_identity.this.principal_id
}

output "subjects" {
  description = "The subjects that are trusted, by the keys of the service accounts."
  value       = local.subjects
}
