# A module on its own, without an Azure: the provider is mocked.
mock_provider "azurerm" {}

variables {
  principal_id = "33333333-3333-4333-8333-333333333333"
}

run "one_assignment_each" {
  command = plan

  variables {
    grants = {
      reads  = { scope = "/subscriptions/11111111-1111-4111-8111-111111111111", role = "Reader" }
      writes = { scope = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg", role = "Contributor" }
    }
  }

  assert {
    condition     = toset(keys(azurerm_role_assignment.this)) == toset(["reads", "writes"])
    error_message = "There is not one assignment for each grant."
  }
}

run "a_role_has_a_name" {
  command = plan

  variables {
    grants = { reads = { scope = "/subscriptions/11111111-1111-4111-8111-111111111111", role = " " } }
  }

  expect_failures = [var.grants]
}
