# What the language does with things that may be there.
variable "upgrade" {
  type    = object({ surge = string, soak = optional(number) })
  default = null
}

variable "users" {
  type    = object({ name = string, groups = optional(list(object({ name = string }))) })
  default = null
}

output "names" {
  value = toset(var.users[*].name)
}

output "groups" {
  value = [for group in flatten([for user in var.users[*] : coalesce(user.groups, [])]) : group.name]
}

output "surge" {
  value = var.upgrade == null ? "none" : "${var.upgrade.surge} ${coalesce(var.upgrade.soak, 0)}"
}

resource "terraform_data" "pools" {
  for_each = toset(var.users[*].name)
  input    = each.key
}
