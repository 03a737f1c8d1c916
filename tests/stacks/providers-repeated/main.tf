# One provider block for each subscription.
variable "subscriptions" {
  default = {
    eu = "11111111-1111-4111-8111-111111111111"
    us = "22222222-2222-4222-8222-222222222222"
  }
}

variable "used" {
  default = ["eu", "us"]
}

provider "azurerm" {
  alias           = "by"
  for_each        = var.subscriptions
  subscription_id = each.value
  features {}
}

resource "azurerm_resource_group" "main" {
  for_each = toset(var.used)
  provider = azurerm.by[each.key]
  name     = "rg-${each.key}"
  location = "westeurope"
}

module "identity" {
  source    = "./identity"
  for_each  = toset(var.used)
  providers = { azurerm = azurerm.by[each.key] }
  group     = azurerm_resource_group.main[each.key].name
}

output "ids" {
  value = { for key, identity in module.identity : key => identity.id }
}
