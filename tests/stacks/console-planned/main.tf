variable "count_of" {
  default = 2
}

resource "terraform_data" "many" {
  count = var.count_of
  input = "n-${count.index}"
}

output "secret" {
  value     = sensitive(var.count_of)
  sensitive = true
}
