run "first_release" {
  assert {
    condition     = length(output.replicas) == sum(values(var.services))
    error_message = "There are ${length(output.replicas)} replicas."
  }
}

run "next_release" {
  command = plan

  variables {
    release = "2026.2"
  }

  # What a release replaces.
  snapshot {}
}

run "fewer" {
  variables {
    services = { api = 1 }
  }

  assert {
    condition     = output.replicas == tolist(["api-0"])
    error_message = "More than one replica is left."
  }
}

run "none_is_too_few" {
  command = plan

  variables {
    services = { api = 0 }
  }

  expect_failures = [var.services]
}
