variable "group" {}

data "azurerm_subscription" "here" {}

data "azurerm_resource_group" "main" {
  name = var.group
}

output "scope" {
  value = data.azurerm_subscription.here.id
}

output "location" {
  value = data.azurerm_resource_group.main.location
}
