variable "password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "a" {
  input = { user = "anna", password = var.password }
}

output "shown" {
  value = terraform_data.a.output.password
}
