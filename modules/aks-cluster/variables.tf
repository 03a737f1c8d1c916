variable "name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$", var.name))
    error_message = "The name must be 1 to 63 letters, digits, '-' or '_', and start and end with a letter or a digit."
  }
}

variable "resource_group_name" {
  description = "Resource group of the cluster and its identities."
  type        = string
}

variable "location" {
  description = "Region."
  type        = string
}

variable "dns_prefix" {
  description = "Begin of the API server's host name; the cluster's name when null."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Minor version, of which Azure chooses the patch, or a full version."
  type        = string
  default     = "1.33"

  validation {
    condition     = can(regex("^1\\.[0-9]+(\\.[0-9]+)?$", var.kubernetes_version))
    error_message = "The version must look like 1.33 or 1.33.5."
  }
}

variable "sku_tier" {
  description = "Free, Standard or Premium."
  type        = string
  default     = "Standard"

  validation {
    condition     = contains(["Free", "Standard", "Premium"], var.sku_tier)
    error_message = "The tier must be Free, Standard or Premium."
  }
}

variable "subnet_id" {
  description = "Subnet of the nodes."
  type        = string
}

variable "authorized_ip_ranges" {
  description = "Ranges from which the API server may be reached, such as the company's way out; everybody when null."
  type        = set(string)
  default     = null

  validation {
    condition     = alltrue([for range in coalesce(var.authorized_ip_ranges, []) : can(cidrhost(range, 0))])
    error_message = "The ranges must be written as in 203.0.113.0/24."
  }
}

variable "service_cidr" {
  description = "Range of the addresses of services, outside of the virtual network."
  type        = string
  default     = "172.16.0.0/16"

  validation {
    condition     = can(cidrhost(var.service_cidr, 10))
    error_message = "The range must be written as in 172.16.0.0/16 and have room for the DNS service."
  }
}

variable "system_pool" {
  description = "Nodes for the cluster's own pods."
  type = object({
    vm_size    = optional(string, "Standard_D4s_v5")
    node_count = optional(number, 2)
  })
  default = {}
}

variable "node_pools" {
  description = "Nodes for workloads, by the name of the pool: a fixed number of them, or an autoscaled range."
  type = map(object({
    vm_size    = string
    node_count = optional(number, 1)
    autoscale  = optional(object({ min = number, max = number }))
    labels     = optional(map(string), {})
    taints     = optional(list(string), [])
    zones      = optional(set(string))
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z][a-z0-9]{0,11}$", name))])
    error_message = "Pool names are 1 to 12 lower-case letters and digits, starting with a letter."
  }

  validation {
    condition = alltrue([
      for pool in values(var.node_pools) : try(pool.autoscale.min <= pool.autoscale.max, true)
    ])
    error_message = "The lower end of an autoscaled range must not be above its upper end."
  }
}

variable "tags" {
  description = "Tags of all that the module makes."
  type        = map(string)
  default     = {}
}
