run "cluster" {
  assert {
    condition     = azurerm_kubernetes_cluster.main.oidc_issuer_enabled && azurerm_kubernetes_cluster.main.workload_identity_enabled
    error_message = "Workload identity needs both."
  }

  assert {
    condition     = endswith(output.oidc_issuer_url, "/")
    error_message = "The issuer of a token ends in a slash, and so must what is trusted."
  }
}

# Nothing is asked of Azure here, real or not.
run "without_azure" {
  command = plan

  state_key = "mocked"

  override_resource {
    target          = azurerm_kubernetes_cluster.main
    override_during = plan
    values          = { oidc_issuer_url = "https://issuer.example/" }
  }

  assert {
    condition     = output.oidc_issuer_url == "https://issuer.example/"
    error_message = "The output is not the cluster's issuer."
  }
}
