variable "said" {
  default = "x"
}

resource "terraform_data" "kept" {
  input = var.said

  lifecycle {
    ignore_changes = ["triggers_replace"]
  }
}

resource "terraform_data" "other" {
  input      = 2
  depends_on = ["terraform_data.kept"]
}

output "said" {
  value = var.said
}

output "hidden" {
  value     = var.said
  sensitive = true
}

check "two" {
  assert {
    condition     = terraform_data.other.output == 3
    error_message = "It is ${terraform_data.other.output}."
  }
  assert {
    condition     = terraform_data.kept.output == "y"
    error_message = "It is ${terraform_data.kept.output}."
  }
}
