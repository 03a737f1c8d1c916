# What follows from what: a rack, its machines, and who watches them.
variable "rack" {
  type    = string
  default = "one"
}

resource "terraform_data" "machine" {
  count = 3

  triggers_replace = var.rack
}

resource "terraform_data" "disk" {
  count = 3

  triggers_replace = terraform_data.machine[count.index].id
}

resource "terraform_data" "watch" {
  triggers_replace = terraform_data.disk[*].id
}
