variable "n" {
  type = number

  validation {
    condition     = var.n > 0
    error_message = "n must be positive, not ${var.n}."
  }
}

resource "terraform_data" "a" {
  input = var.n

  lifecycle {
    precondition {
      condition     = var.n < 100
      error_message = "Too many."
    }

    postcondition {
      condition     = self.input != 50
      error_message = "Fifty is unlucky."
    }
  }
}

check "small" {
  assert {
    condition     = terraform_data.a.input < 10
    error_message = "Better below ten."
  }
}
