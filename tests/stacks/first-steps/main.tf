variable "greeting" {
  type    = string
  default = "hello"

  validation {
    condition     = length(var.greeting) > 2
    error_message = "A greeting has at least three letters."
  }
}

variable "generation" {
  type    = number
  default = 1
}

locals {
  names = toset(["anna", "bert"])
}

resource "terraform_data" "person" {
  for_each = local.names

  input            = "${var.greeting}, ${each.key}"
  triggers_replace = var.generation
}

resource "terraform_data" "all" {
  input = [for person in terraform_data.person : person.output]
}

output "greetings" {
  value = terraform_data.all.output
}
