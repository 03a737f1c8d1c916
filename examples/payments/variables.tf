variable "subscription_id" {
  description = "Subscription that everything is in. The default is the simulator's."
  type        = string
  default     = "11111111-1111-4111-8111-111111111111"

  validation {
    condition     = can(regex("^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", var.subscription_id))
    error_message = "The subscription must be given by its id, a GUID."
  }
}

variable "environment" {
  description = "Which of the team's environments this is."
  type        = string
  default     = "prod"

  validation {
    condition     = contains(["dev", "test", "prod"], var.environment)
    error_message = "The environment must be dev, test or prod."
  }
}

variable "location" {
  description = "Azure region, in either spelling: \"West Europe\" or \"westeurope\"."
  type        = string
  default     = "West Europe"
}

variable "owner" {
  description = "Who is asked when something is wrong."
  type        = string
  default     = "team-payments"
}

variable "address_space" {
  description = "Range of the virtual network; its first quarter is for the nodes."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.address_space, 2, 0))
    error_message = "The address space must be a range such as 10.40.0.0/16."
  }
}

variable "authorized_ip_ranges" {
  description = "From where the API server may be reached: the office and the agents that deploy. The default is a documentation range."
  type        = set(string)
  default     = ["203.0.113.0/24"]
}

variable "kubernetes_version" {
  description = "Version of the cluster."
  type        = string
  default     = "1.33"
}

variable "worker_pool" {
  description = "Nodes that run the workloads."
  type = object({
    vm_size = string
    min     = number
    max     = number
  })
  default = {
    vm_size = "Standard_D8s_v5"
    min     = 2
    max     = 6
  }
}

variable "workloads" {
  description = <<-EOT
    What runs on the cluster and acts in Azure, by name. Each workload has an identity, trusted for its service and for
    its jobs, and what it may do: read secrets of the vault, read or write blobs, look at the resource group.
  EOT
  type = map(object({
    namespace = optional(string)
    secrets   = optional(bool, true)
    blobs     = optional(string, "read")
    observes  = optional(bool, false)
  }))
  default = {
    ledger     = { blobs = "write", observes = true }
    checkout   = { namespace = "shop" }
    refunds    = { namespace = "shop", blobs = "write" }
    fraud      = { observes = true }
    settlement = { blobs = "write", observes = true }
    reporting  = { secrets = false }
  }

  validation {
    condition     = alltrue([for name in keys(var.workloads) : can(regex("^[a-z][a-z0-9-]{1,40}$", name))])
    error_message = "Workload names are 2 to 41 lower-case letters, digits and '-', starting with a letter."
  }

  validation {
    condition     = alltrue([for workload in values(var.workloads) : contains(["none", "read", "write"], workload.blobs)])
    error_message = "What a workload does with blobs must be none, read or write."
  }
}
