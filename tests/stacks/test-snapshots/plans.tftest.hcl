run "apply" {}

run "grows" {
  command = plan

  variables {
    size = 2
  }

  snapshot {
    name = "two"
  }
}
