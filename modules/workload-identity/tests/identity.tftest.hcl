provider "azurerm" {
  features {}
}

variables {
  name                = "id-tests"
  resource_group_name = "rg-tests"
  location            = "westeurope"
  service_accounts = {
    app = { issuer = "https://issuer.example/", namespace = "shop", name = "app" }
  }
}

run "setup" {
  module {
    source = "./tests/setup"
  }
}

run "identity" {
  variables {
    resource_group_name = run.setup.name
    grants              = { reads = { scope = run.setup.id, role = "Reader" } }
  }

  assert {
    condition     = output.subjects.app == "system:serviceaccount:shop:app"
    error_message = "The subject is ${output.subjects.app}."
  }

  assert {
    condition     = azurerm_federated_identity_credential.this["app"].audience == tolist(["api://AzureADTokenExchange"])
    error_message = "The webhook asks for another audience."
  }
}

mock_provider "kubernetes" {}

run "in_the_cluster_too" {
  variables {
    resource_group_name = run.setup.name
    kubernetes          = { namespaces = ["shop"] }
  }

  assert {
    condition     = kubernetes_service_account_v1.this["app"].metadata[0].annotations["azure.workload.identity/client-id"] == output.client_id
    error_message = "The webhook would give pods another client id."
  }

  assert {
    condition     = contains(keys(kubernetes_namespace_v1.this), "shop")
    error_message = "The namespace is not made."
  }
}

run "upper_case" {
  command = plan

  variables {
    service_accounts = {
      app = { issuer = "https://issuer.example/", namespace = "Shop", name = "app" }
    }
  }

  expect_failures = [var.service_accounts]
}
