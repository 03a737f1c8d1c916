locals {
  stem = "payments-${var.environment}"

  tags = {
    environment = var.environment
    owner       = var.owner
    stack       = "payments"
  }

  blob_roles = {
    read  = "Storage Blob Data Reader"
    write = "Storage Blob Data Contributor"
  }

  # The roles of each workload. The keys stay the same when a scope is replaced.
  grants = {
    for name, workload in var.workloads : name => merge(
      workload.secrets ? {
        secrets = { scope = azapi_resource.vault.id, role = "Key Vault Secrets User" }
      } : {},
      workload.blobs == "none" ? {} : {
        blobs = { scope = azapi_resource.ledger.id, role = local.blob_roles[workload.blobs] }
      },
      workload.observes ? {
        observes = { scope = azurerm_resource_group.main.id, role = "Reader" }
      } : {},
    )
  }
}
