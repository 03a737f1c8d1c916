variable "identities" {
  description = "How many identities."
  type        = number
  default     = 10

  validation {
    condition     = var.identities >= 1 && floor(var.identities) == var.identities
    error_message = "There must be a whole number of identities, at least one."
  }
}

variable "credentials_per_identity" {
  description = "How many service accounts may act as each identity."
  type        = number
  default     = 2

  validation {
    condition     = var.credentials_per_identity >= 1 && var.credentials_per_identity <= 20
    error_message = "An identity can have 1 to 20 federated credentials."
  }
}

variable "assignments_per_identity" {
  description = "How many roles each identity has."
  type        = number
  default     = 3

  validation {
    condition     = var.assignments_per_identity >= 1 && var.assignments_per_identity <= 5
    error_message = "Each identity can have 1 to 5 of the roles that are listed here."
  }
}

variable "issuer" {
  description = "Issuer of the service account tokens."
  type        = string
  default     = "https://westeurope.oic.prod-aks.azure.com/22222222-2222-4222-8222-222222222222/00000000-0000-4000-8000-000000000001/"
}
