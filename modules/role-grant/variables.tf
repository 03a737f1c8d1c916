variable "principal_id" {
  description = "Object id of who receives the roles: an identity's principal id, not its client id."
  type        = string
}

variable "principal_type" {
  description = "What the principal is. Given, Azure does not wait for the principal to be replicated."
  type        = string
  default     = "ServicePrincipal"

  validation {
    condition     = contains(["User", "Group", "ServicePrincipal"], var.principal_type)
    error_message = "The principal type must be User, Group or ServicePrincipal."
  }
}

variable "grants" {
  description = "Which role where, by a name of your choice that stays the same."
  type = map(object({
    scope       = string
    role        = string
    description = optional(string)
  }))

  validation {
    condition     = alltrue([for grant in values(var.grants) : length(trimspace(grant.role)) > 0])
    error_message = "Each grant must name a role."
  }
}
