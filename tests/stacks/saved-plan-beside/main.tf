variable "b" {
  default = 1
}

resource "terraform_data" "a" {
  input = "a"
}

resource "terraform_data" "b" {
  input = var.b
}

resource "terraform_data" "c" {
  input = terraform_data.b.output
}
