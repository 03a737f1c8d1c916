# What narrows a role, and who is behind a group.
variable "role" {
  type    = string
  default = "Key Vault Secrets User"
}

provider "azurerm" {
  features {}
}

resource "terraform_data" "suffix" {
  input      = "main"
  depends_on = [azurerm_resource_group.main]
}

resource "azurerm_resource_group" "main" {
  name     = "rg-ledger"
  location = "westeurope"
}

resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2023-07-01"
  name      = "kv-${terraform_data.suffix.output}"
  parent_id = azurerm_resource_group.main.id
  location  = azurerm_resource_group.main.location

  body = {
    properties = {
      tenantId                = "22222222-2222-4222-8222-222222222222"
      sku                     = { family = "A", name = "standard" }
      enableRbacAuthorization = true
    }
  }
}

resource "azurerm_user_assigned_identity" "api" {
  name                = "id-api"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_federated_identity_credential" "api" {
  name                = "fic-api"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.api.id
  audience            = ["api://AzureADTokenExchange"]
  issuer              = "https://issuer.example/"
  subject             = "system:serviceaccount:payments:api"
}

# A group of the directory that holds the identity: bowline.hcl says so.
resource "azurerm_role_assignment" "readers" {
  scope                = azapi_resource.vault.id
  role_definition_name = var.role
  principal_id         = "33333333-3333-4333-8333-333333333333"
  principal_type       = "Group"
}

# Nobody has said who is in this one.
resource "azurerm_role_assignment" "operators" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Role Based Access Control Administrator"
  principal_id         = "44444444-4444-4444-8444-444444444444"
  principal_type       = "Group"

  condition_version = "2.0"
  condition         = <<-EOT
    (
      (
        !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})
      )
      OR
      (
        @Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {7f951dda-4ed3-4680-a7ca-43fe172d538d}
        AND
        @Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'
      )
    )
  EOT
}

resource "azurerm_role_assignment" "blobs" {
  scope                = azurerm_resource_group.main.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = azurerm_user_assigned_identity.api.principal_id
  principal_type       = "ServicePrincipal"
  condition_version    = "2.0"
  condition            = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'ledger'"
}
