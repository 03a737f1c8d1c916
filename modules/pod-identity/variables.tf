variable "kubernetes_cluster_id" {
  description = "The cluster, with pod_identity_profile enabled."
  type        = string
}

variable "control_plane_principal_id" {
  description = "Principal id of the cluster's control plane, which must be allowed to assign the identities."
  type        = string
}

variable "identities" {
  description = "ARM ids of the identities, by a name of your choice."
  type        = map(string)
}

variable "bindings" {
  description = "Which pods may use which of the identities, by the name of the binding. The selector is the value of the pods' label aadpodidbinding."
  type = map(object({
    namespace = string
    identity  = string
    selector  = optional(string)
  }))

  validation {
    condition     = length(var.bindings) <= 200
    error_message = "A cluster can have at most 200 pod identities."
  }

  validation {
    condition     = alltrue([for binding in values(var.bindings) : contains(keys(var.identities), binding.identity)])
    error_message = "Each binding must name one of var.identities."
  }
}

variable "exceptions" {
  description = "Pods that go on to reach the instance metadata service directly, by the name of the exception."
  type = map(object({
    namespace  = string
    pod_labels = map(string)
  }))
  default = {}
}
