variable "services" {
  description = "Replicas by service."
  type        = map(number)
  default = {
    api    = 3
    worker = 2
    cron   = 1
  }

  validation {
    condition     = alltrue([for replicas in values(var.services) : replicas > 0])
    error_message = "Each service needs at least one replica."
  }
}

variable "release" {
  description = "Changing it replaces what is released."
  type        = string
  default     = "2026.1"
}

locals {
  replicas = merge([
    for service, count in var.services : {
      for number in range(count) : "${service}-${number}" => { service = service, number = number }
    }
  ]...)
}

resource "terraform_data" "release" {
  input = var.release
}

resource "terraform_data" "replica" {
  for_each = local.replicas

  input = {
    name    = each.key
    service = each.value.service
    release = terraform_data.release.output
  }

  lifecycle {
    replace_triggered_by  = [terraform_data.release]
    create_before_destroy = true
  }
}

resource "terraform_data" "summary" {
  input            = { for name, replica in terraform_data.replica : name => replica.output.service }
  triggers_replace = [length(local.replicas)]
}

output "replicas" {
  value = sort(keys(terraform_data.summary.output))
}
