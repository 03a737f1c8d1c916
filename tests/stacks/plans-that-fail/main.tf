resource "terraform_data" "first" {
  input = 1
}

resource "terraform_data" "second" {
  input = terraform_data.first.input
  lifecycle {
    precondition {
      condition     = terraform_data.first.input > 1
      error_message = "No."
    }
  }
}
