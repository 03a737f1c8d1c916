variable "name" {
  type    = string
  default = "one"

  validation {
    condition     = length(var.name) > 1
    error_message = "The name must have two letters."
  }
}

variable "secret" {
  type      = string
  default   = "hidden"
  sensitive = true
}

resource "terraform_data" "a" {
  input = var.name
}

resource "azurerm_resource_group" "g" {
  name     = "rg-${var.name}"
  location = "westeurope"
}

provider "azurerm" {
  features {}
}

check "length" {
  assert {
    condition     = length(var.name) < 10
    error_message = "The name is long."
  }
}

output "name" {
  value = terraform_data.a.output
}

output "group" {
  value = azurerm_resource_group.g.id
}
