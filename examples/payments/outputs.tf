output "cluster_id" {
  description = "The cluster."
  value       = module.cluster.id
}

output "oidc_issuer_url" {
  description = "Issuer of the cluster's service account tokens."
  value       = module.cluster.oidc_issuer_url
}

output "vault_uri" {
  description = "Where workloads read their secrets."
  value       = azapi_resource.vault.output.properties.vaultUri
}

output "client_ids" {
  description = "For the annotation azure.workload.identity/client-id of each workload's service accounts."
  value       = { for name, workload in module.workload : name => workload.client_id }
}

output "subjects" {
  description = "Which service accounts may act as which identity."
  value       = { for name, workload in module.workload : name => values(workload.subjects) }
}
