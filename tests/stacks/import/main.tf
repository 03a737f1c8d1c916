resource "terraform_data" "made" {
  for_each = toset(["a"])
  input    = "x"
}
