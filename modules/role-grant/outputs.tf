output "assignment_ids" {
  description = "Ids of the role assignments, by the names of the grants."
  value       = { for name, assignment in azurerm_role_assignment.this : name => assignment.id }
}
