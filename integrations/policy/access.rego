# What a plan may mean for access. For conftest, OPA or any other Rego engine, over what "bowline show -json" prints of a
# saved plan:
#
#   bowline show -json plan.out > plan.json
#   opa eval --data access.rego --input plan.json data.bowline.access.deny
package bowline.access

import rego.v1

# Who can hand out access has every access in the end.
deny contains message if {
	some change in gained
	change.grants_access
	change.condition == null
	message := sprintf("hands out access: %s", [change.summary])
}

# Who trusts an issuer that is none of this stack's clusters trusts whoever runs it.
deny contains message if {
	some change in gained
	change.who.kind in {"service_account", "federated"}
	change.who.issuer != null
	message := sprintf("comes from outside: %s", [change.summary])
}

# A pod needs what it uses, not a whole subscription.
deny contains message if {
	some change in gained
	change.who.kind in {"service_account", "pods"}
	change.scope != null
	not contains(lower(change.scope), "/resourcegroups/")
	message := sprintf("reaches too far: %s", [change.summary])
}

# What is replaced or destroyed loses what it holds.
deny contains message if {
	some resource in input.resource_changes
	"delete" in resource.change.actions
	resource.type in {"azurerm_key_vault", "azurerm_storage_account", "azurerm_kubernetes_cluster"}
	message := sprintf("is destroyed: %s", [resource.address])
}

gained := [change | some change in input.access_changes; change.change == "gained"]
