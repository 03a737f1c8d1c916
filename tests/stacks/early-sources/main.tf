variable "flavour" {
  default = "plain"
}

locals {
  folder = "./flavours/${var.flavour}"
}

module "one" {
  source  = local.folder
  another = "fancy"
}
