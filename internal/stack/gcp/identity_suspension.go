package gcp

import (
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// egressViaIAP is what every call through an Agent Gateway needs.
const egressViaIAP = "iap.googleapis.com/resources.egressViaIAP"

// suspended is the part of an identity's policies that a suspension is.
const suspended = "suspended"

// suspension renders the deny policies of a suspended agent.
func suspension(id spec.Identity) ([]stack.Object, error) {
	own, err := ownPrincipal(id)
	if err != nil {
		return nil, err
	}
	denied := []any{own}
	if id.Google.Runtime == spec.RuntimeGKE {
		denied = append(denied, accountPrincipal(id))
	}
	permissions := id.Google.Suspension.Permissions
	if len(permissions) == 0 {
		permissions = spec.GoogleSuspendedPermissions()
	}
	rules := []any{map[string]any{
		"description": "Agent " + id.Namespace + "/" + id.Name + " is suspended.",
		"denyRule":    map[string]any{"deniedPrincipals": denied, "deniedPermissions": texts(permissions)},
	}}
	return attached(id, suspended, "", rules, id.Google.Suspension.AttachPoints), nil
}

// egressSuspension denies a suspended agent what it would call through gateways. It comes last: organizations may forbid that access
// policies are bound at all (iam.managed.disableAccessPolicyBinding), and that must not keep the rest of a suspension from being
// carried out.
func egressSuspension(id spec.Identity) ([]stack.Object, error) {
	if !id.Suspended || !id.Google.Suspension.DenyEgress {
		return nil, nil
	}
	own, err := ownPrincipal(id)
	if err != nil {
		return nil, err
	}
	rules := []any{map[string]any{
		"description": "Agent " + id.Namespace + "/" + id.Name + " is suspended.",
		"effect":      "DENY",
		"principals":  []any{own},
		"operation":   map[string]any{"permissions": []any{egressViaIAP}},
	}}
	return boundAccessPolicy(id, suspended, "", rules, orOwnProject(id, id.Google.Suspension.AttachPoints)), nil
}
