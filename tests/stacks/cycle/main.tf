locals {
  b = terraform_data.b.output
}

resource "terraform_data" "a" {
  input = local.b
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}
