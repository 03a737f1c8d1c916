override_resource {
  target = azurerm_user_assigned_identity.b
}

override_data {
  target = data.azurerm_client_config.current
  values = { tenant_id = ["no", "text"] }
}

override_module {
  target = module.m
}

run "cannot_be" {
  command = plan
}
