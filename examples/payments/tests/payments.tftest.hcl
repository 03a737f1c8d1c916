# What the team promises of this stack. Run with "bowline test": each file has an Azure of its own, in memory.

run "plan" {
  command = plan

  # Reviewed with every change: tests/__snapshots__/payments/plan.plan
  snapshot {}

  assert {
    condition     = azurerm_resource_group.main.name == "rg-payments-prod"
    error_message = "The group's name does not follow from the environment."
  }
}

run "apply" {
  assert {
    condition = alltrue([
      for workload, subjects in output.subjects :
      contains(subjects, "system:serviceaccount:${coalesce(var.workloads[workload].namespace, workload)}:${workload}")
    ])
    error_message = "A workload's service account is not trusted by its identity."
  }

  assert {
    condition     = length(distinct(values(output.client_ids))) == length(var.workloads)
    error_message = "Two workloads share an identity."
  }

  assert {
    condition     = startswith(output.oidc_issuer_url, "https://")
    error_message = "The issuer is ${output.oidc_issuer_url}, which nobody can reach."
  }
}

run "a_workload_less" {
  variables {
    workloads = {
      for name, workload in {
        ledger   = { blobs = "write", observes = true }
        checkout = { namespace = "shop" }
      } : name => workload
    }
  }

  assert {
    condition     = toset(keys(output.client_ids)) == toset(["checkout", "ledger"])
    error_message = "What is left is ${join(", ", keys(output.client_ids))}."
  }
}

run "only_known_environments" {
  command = plan

  variables {
    environment = "production"
  }

  expect_failures = [var.environment]
}

run "only_known_ways_to_use_blobs" {
  command = plan

  variables {
    workloads = { ledger = { blobs = "delete" } }
  }

  expect_failures = [var.workloads]
}
