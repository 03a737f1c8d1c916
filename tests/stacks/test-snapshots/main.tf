variable "size" {
  type    = number
  default = 1
}

resource "terraform_data" "a" {
  count = var.size
  input = {
    made = plantimestamp()
    id   = "55555555-5555-4555-8555-555555555555"
  }
}

output "ids" {
  value = terraform_data.a[*].id
}
