resource "terraform_data" "a" {
  input = 1
}

resource "terraform_data" "b" {
  input = terraform_data.a.output
}

resource "terraform_data" "c" {
  count = 2
  input = count.index
}

output "a" {
  value = terraform_data.a.output
}
