output "selectors" {
  description = "The value of the label aadpodidbinding, by the name of the binding."
  value       = { for name, binding in bowline_pod_identity.this : name => binding.binding_selector }
}
