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

run "upper_case" {
  command = plan

  variables {
    service_accounts = {
      app = { issuer = "https://issuer.example/", namespace = "Shop", name = "app" }
    }
  }

  expect_failures = [var.service_accounts]
}
