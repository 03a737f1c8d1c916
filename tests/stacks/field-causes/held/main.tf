resource "azurerm_user_assigned_identity" "held" {
  name                = "id-held"
  location            = "westeurope"
  resource_group_name = "rg-causes"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_user_assigned_identity" "sibling" {
  name                = "id-sibling"
  location            = "westeurope"
  resource_group_name = "rg-causes"
}
