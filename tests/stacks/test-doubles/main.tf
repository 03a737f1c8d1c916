provider "azurerm" {
  features {}
}

data "azurerm_client_config" "current" {}

resource "azurerm_user_assigned_identity" "a" {
  name                = "id-a"
  resource_group_name = "rg"
  location            = "westeurope"
}

resource "terraform_data" "b" {
  count = 2
  input = data.azurerm_client_config.current.tenant_id
}

module "m" {
  source = "./m"
}

output "principal" {
  value = azurerm_user_assigned_identity.a.principal_id
}

output "tenant" {
  value = terraform_data.b[1].output
}

output "of_module" {
  value = module.m.id
}
