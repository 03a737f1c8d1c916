mock_provider "azurerm" {
  mock_data "azurerm_client_config" {
    defaults = {
      tenant_id = "44444444-4444-4444-8444-444444444444"
    }
  }

  override_resource {
    target = azurerm_user_assigned_identity.a
    values = { principal_id = "from the mock" }
  }
}

override_module {
  target  = module.m
  outputs = { id = "from the file" }
}

run "made_up" {
  assert {
    condition     = output.principal == "from the mock" && output.tenant == "44444444-4444-4444-8444-444444444444"
    error_message = "The mocks do not answer."
  }

  assert {
    condition     = output.of_module == "from the file" && module.m.other == null
    error_message = "The module is not overridden."
  }

  # Eight letters and digits, the same in every run.
  assert {
    condition     = can(regex("^[a-z0-9]{8}$", azurerm_user_assigned_identity.a.client_id))
    error_message = "The client id is ${azurerm_user_assigned_identity.a.client_id}."
  }
}

run "overridden" {
  command   = plan
  state_key = "other"

  override_resource {
    target          = azurerm_user_assigned_identity.a
    override_during = plan
    values          = { principal_id = "from the run" }
  }

  override_resource {
    target = terraform_data.b[1]
    values = { output = "never seen in a plan" }
  }

  assert {
    condition     = output.principal == "from the run"
    error_message = "It is ${output.principal}."
  }
}
