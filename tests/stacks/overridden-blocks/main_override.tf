resource "azurerm_key_vault" "main" {
  purge_protection_enabled = true

  # In the place of the one that main.tf has; the policies there stay.
  dynamic "network_acls" {
    for_each = var.closed ? ["closed"] : []
    content {
      default_action = "Deny"
      bypass         = "AzureServices"
      ip_rules       = ["203.0.113.7"]
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}
