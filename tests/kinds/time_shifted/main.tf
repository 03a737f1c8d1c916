variable "days" {
  default = 30
}

resource "time_offset" "expiry" {
  base_rfc3339  = "2026-01-31T10:00:00Z"
  offset_months = 1
  offset_days   = var.days
}

resource "time_rotating" "password" {
  rotation_days = var.days
}

output "expiry" {
  value = time_offset.expiry.unix
}

output "lasts" {
  value = timecmp(time_rotating.password.rotation_rfc3339, time_rotating.password.rfc3339)
}
