# More changes than anybody reads.
variable "instances" {
  default = 300
}

variable "text" {
  default = "one"
}

resource "terraform_data" "network" {
  input            = var.text
  triggers_replace = var.text
}

resource "terraform_data" "many" {
  count            = var.instances
  input            = "${count.index}"
  triggers_replace = terraform_data.network.id
}
