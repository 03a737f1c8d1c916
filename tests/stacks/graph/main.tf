variable "size" { default = 1 }

locals {
  sizes = [var.size]
}

resource "terraform_data" "first" {
  count = 2
  input = local.sizes
}

resource "terraform_data" "second" {
  input = terraform_data.first[0].id
}

module "m" {
  source   = "./m"
  for_each = toset(["k"])
  needed   = terraform_data.second.id
}

output "o" { value = module.m.k.made }

check "c" {
  assert {
    condition     = terraform_data.second.id != ""
    error_message = "There is none."
  }
}
