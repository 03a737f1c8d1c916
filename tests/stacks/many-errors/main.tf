variable "size" {
  type = number
}

resource "terraform_data" "a" {
  inputt = 1
}

resource "terraform_dat" "b" {
}

resource "terraform_data" "c" {
  input = var.sise + local.nothing
}

resource "terraform_data" "d" {
  count = "many"
  input = each.key
}

output "x" {
  value = terraform_data.zzz.output
}
