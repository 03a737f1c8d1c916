run "here" {}

run "elsewhere" {
  state_key = "elsewhere"

  variables {
    name = "else"
  }
}

run "here_again" {
  command = plan

  plan_options {
    mode = refresh-only
  }

  assert {
    condition     = run.here.name == run.elsewhere.name
    error_message = "Two states are one."
  }
}

run "unknown" {
  command = plan

  variables {
    name = "other"
  }

  assert {
    condition     = output.name == "other"
    error_message = "Known only after apply."
  }
}
