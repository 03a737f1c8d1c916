output "selectors" {
  description = "The value of the label aadpodidbinding, by the name of the binding."
  value = merge(
    { for name, binding in bowline_pod_identity.this : name => binding.binding_selector },
    { for name, binding in kubernetes_manifest.binding : name => binding.manifest.spec.selector },
  )
}
