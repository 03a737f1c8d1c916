resource "terraform_data" "old" {
  input = 1
}

resource "terraform_data" "many" {
  input = 2
}
