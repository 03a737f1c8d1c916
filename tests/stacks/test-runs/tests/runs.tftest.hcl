variables {
  name = "file"
}

run "applies" {
  assert {
    condition     = output.name == "file" && endswith(output.group, "/resourceGroups/rg-file")
    error_message = "The group is ${output.group}."
  }
}

run "uses_what_was_before" {
  variables {
    name = "${run.applies.name}-2"
  }

  assert {
    condition     = terraform_data.a.output == "file-3" || var.secret == "x"
    error_message = "It is ${terraform_data.a.output}."
  }
}

run "expects" {
  command = plan

  variables {
    name = "x"
  }

  expect_failures = [var.name]
}

run "is_not_as_expected" {
  command = plan

  expect_failures = [check.length]
}

run "never_begun" {}
