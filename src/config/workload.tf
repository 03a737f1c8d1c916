# What a block bowline_workload stands for: an identity, the trust in a service account, that account, and grants.

variable "service_account" {
  type = string
}

variable "namespace" {
  type = string
}

variable "oidc_issuer_url" {
  type = string

  validation {
    condition     = var.oidc_issuer_url != null && var.oidc_issuer_url != ""
    error_message = "The cluster has no issuer of tokens: set oidc_issuer_enabled = true and workload_identity_enabled = true on it."
  }
}

# That of the cluster, unless the block says another.
variable "resource_group_name" {
  type = string
}

variable "location" {
  type = string
}

variable "identity_name" {
  type    = string
  default = null
}

variable "identity" {
  type = object({
    id           = string
    client_id    = string
    principal_id = string
  })
  default = null
}

variable "has_identity" {
  type    = bool
  default = false
}

variable "create_namespace" {
  type    = bool
  default = false
}

variable "annotations" {
  type    = map(string)
  default = {}
}

# Nothing is said where nothing is given, so that what was written by hand moves in without a change.
variable "labels" {
  type    = map(string)
  default = null
}

variable "grants" {
  type = map(object({
    scope       = string
    role        = string
    description = optional(string)
  }))
  default = {}
}

variable "tags" {
  type    = map(string)
  default = null
}

locals {
  name = coalesce(var.identity_name, "id-${var.namespace}-${var.service_account}")
  made = {
    id           = try(azurerm_user_assigned_identity.this.id, tostring(null))
    client_id    = try(azurerm_user_assigned_identity.this.client_id, tostring(null))
    principal_id = try(azurerm_user_assigned_identity.this.principal_id, tostring(null))
  }
  identity = var.has_identity ? var.identity : local.made
  subject  = "system:serviceaccount:${var.namespace}:${var.service_account}"
}

resource "azurerm_user_assigned_identity" "this" {
  name                = local.name
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  lifecycle {
    enabled = !var.has_identity
  }
}

resource "azurerm_federated_identity_credential" "this" {
  name                      = "fic-${var.namespace}-${var.service_account}"
  user_assigned_identity_id = local.identity.id
  issuer                    = var.oidc_issuer_url
  subject                   = local.subject
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "this" {
  for_each = var.grants

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = local.identity.principal_id
  principal_type       = "ServicePrincipal"
  description          = each.value.description
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = var.namespace
  }

  lifecycle {
    enabled = var.create_namespace
  }
}

resource "kubernetes_service_account_v1" "this" {
  metadata {
    name        = var.service_account
    namespace   = var.namespace
    annotations = merge(var.annotations, { "azure.workload.identity/client-id" = local.identity.client_id })
    labels      = var.labels
  }

  depends_on = [kubernetes_namespace_v1.this]
}

output "client_id" {
  description = "For pods that name the identity themselves."
  value       = local.identity.client_id
}

output "principal_id" {
  description = "For further role assignments."
  value       = local.identity.principal_id
}

output "identity_id" {
  description = "The ARM id of the identity."
  value       = local.identity.id
}

output "subject" {
  description = "Whom the identity trusts."
  value       = local.subject
}

output "namespace" {
  description = "The namespace of the service account."
  value       = kubernetes_service_account_v1.this.metadata[0].namespace
}

output "service_account" {
  description = "The name of the service account."
  value       = kubernetes_service_account_v1.this.metadata[0].name
}
