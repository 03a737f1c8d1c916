variable "installation" {
  description = "Who makes the objects of pod identity: `aks`, the add-on, from what Azure knows; or `open_source`, whose objects are made here by the provider kubernetes."
  type        = string
  default     = "aks"

  validation {
    condition     = contains(["aks", "open_source"], var.installation)
    error_message = "The installation is \"aks\" or \"open_source\"."
  }
}

variable "kubernetes_cluster_id" {
  description = "The cluster, with pod_identity_profile enabled where the installation is AKS's."
  type        = string
}

variable "control_plane_principal_id" {
  description = "Principal id of whoever assigns the identities and must be allowed to: the cluster's control plane; with the open source installation its kubelet."
  type        = string
}

variable "identities" {
  description = "ARM ids of the identities, by a name of your choice."
  type        = map(string)
}

variable "client_ids" {
  description = "Client ids of the identities by the same names; only the open source installation needs them."
  type        = map(string)
  default     = {}

  validation {
    condition     = var.installation == "aks" || alltrue([for name in keys(var.identities) : contains(keys(var.client_ids), name)])
    error_message = "The open source installation needs the client id of each identity."
  }
}

variable "namespaces" {
  description = "Namespaces that are made in the cluster of the provider kubernetes. Others must be there."
  type        = set(string)
  default     = []
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
