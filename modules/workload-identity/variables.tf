variable "name" {
  description = "Name of the identity."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$", var.name))
    error_message = "The name must be 3 to 128 letters, digits, '-' or '_', and start with a letter or a digit."
  }
}

variable "resource_group_name" {
  description = "Resource group of the identity."
  type        = string
}

variable "location" {
  description = "Region of the identity."
  type        = string
}

variable "service_accounts" {
  description = "The service accounts that may act as the identity, with the issuer of their cluster."
  type = map(object({
    issuer    = string
    namespace = string
    name      = string
  }))

  validation {
    condition     = length(var.service_accounts) <= 20
    error_message = "An identity can have at most 20 federated credentials."
  }

  validation {
    condition = alltrue([
      for account in values(var.service_accounts) :
      can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", account.namespace)) &&
      can(regex("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", account.name))
    ])
    error_message = "Namespaces and service accounts are written as in Kubernetes: lower-case letters, digits and '-'."
  }
}

variable "kubernetes" {
  description = "Makes the service accounts too, in the cluster of the provider kubernetes: `kubernetes = {}`. The namespaces named are made with them; others must be there."
  type = object({
    namespaces = optional(set(string), [])
  })
  default = null
}

variable "grants" {
  description = "Which role the identity has where; see modules/role-grant."
  type = map(object({
    scope       = string
    role        = string
    description = optional(string)
  }))
  default = {}
}

variable "tags" {
  description = "Tags of the identity."
  type        = map(string)
  default     = {}
}
