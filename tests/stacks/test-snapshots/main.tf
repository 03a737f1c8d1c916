variable "size" {
  type    = number
  default = 1
}

resource "terraform_data" "a" {
  count = var.size
  input = {
    made = "2026-02-03T04:05:06Z"
    id   = "55555555-5555-4555-8555-555555555555"
  }
}

output "ids" {
  value = terraform_data.a[*].id
}
