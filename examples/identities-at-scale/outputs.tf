output "identities" {
  value = length(azurerm_user_assigned_identity.workload)
}

output "first_client_id" {
  value = azurerm_user_assigned_identity.workload[0].client_id
}
