resource "terraform_data" "c" {
  lifecycle {
    precondition {
      condition     = path.module == "nowhere"
      error_message = "Nothing in this module is ever made."
    }
  }
}

output "id" {
  value = terraform_data.c.id
}

output "other" {
  value = "other"
}
