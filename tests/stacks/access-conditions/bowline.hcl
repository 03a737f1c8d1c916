group "33333333-3333-4333-8333-333333333333" {
  name    = "ledger readers"
  members = ["azurerm_user_assigned_identity.api", "55555555-5555-4555-8555-555555555555"]
}
