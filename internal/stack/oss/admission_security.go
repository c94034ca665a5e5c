package oss

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// securityContext gives a rule for each requirement. They follow the "restricted" Pod Security Standard, but look at what is
// in force for each container: its own setting, or the pod's where it has none.
func securityContext(s spec.SecurityContext) []rule {
	var list []rule
	add := func(asked bool, name, expression, message string) {
		if asked {
			list = append(list, rule{name: name, expression: expression, message: name + ": " + message})
		}
	}
	add(s.RunAsNonRoot, "run-as-non-root",
		eachContainer(inForce("runAsNonRoot", "", "false")+` && `+inForce("runAsUser", "", "1")+` != 0`),
		"every container must run with securityContext.runAsNonRoot true and not as user 0")
	add(s.NoPrivilegeEscalation, "no-privilege-escalation",
		eachContainer(`has(c.securityContext) && has(c.securityContext.allowPrivilegeEscalation) && !c.securityContext.allowPrivilegeEscalation`),
		"securityContext.allowPrivilegeEscalation of every container must be false")
	add(s.NoPrivileged, "no-privileged",
		eachContainer(`!(has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged)`),
		"no container may be privileged")
	add(s.ReadOnlyRootFilesystem, "read-only-root-filesystem",
		eachContainer(`has(c.securityContext) && has(c.securityContext.readOnlyRootFilesystem) && c.securityContext.readOnlyRootFilesystem`),
		"securityContext.readOnlyRootFilesystem of every container must be true")
	add(s.DropAllCapabilities, "drop-all-capabilities",
		eachContainer(`has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.drop)`+
			` && c.securityContext.capabilities.drop.exists(d, d == "ALL")`),
		"securityContext.capabilities.drop of every container must include ALL")
	add(s.DropAllCapabilities || len(s.AllowedAddedCapabilities) > 0, "added-capabilities",
		eachContainer(`!(has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.add))`+
			addedCapabilities(s.AllowedAddedCapabilities)),
		addedMessage(s.AllowedAddedCapabilities))
	add(s.SeccompRuntimeDefault, "seccomp-runtime-default",
		eachContainer(inForce("seccompProfile", ".type", `""`)+` in ["RuntimeDefault", "Localhost"]`),
		"every container must run under the seccomp profile RuntimeDefault or a local one")
	add(s.NoHostNamespaces, "no-host-namespaces",
		onCreate(notTrue("hostNetwork")+` && `+notTrue("hostPID")+` && `+notTrue("hostIPC")),
		"the pod must not use hostNetwork, hostPID or hostIPC")
	add(s.NoHostPath, "no-host-path",
		onCreate(`!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))`),
		"the pod must not mount a hostPath volume")
	return list
}

func eachContainer(test string) string {
	return "variables.newContainers.all(c, " + test + ")"
}

// inForce gives a field of container c's security context, or what is inside it; else the pod's; else the default.
func inForce(field, inside, otherwise string) string {
	return `(has(c.securityContext) && has(c.securityContext.` + field + `) ? c.securityContext.` + field + inside +
		` : has(object.spec.securityContext) && has(object.spec.securityContext.` + field + `) ? object.spec.securityContext.` + field + inside +
		` : ` + otherwise + `)`
}

func notTrue(field string) string {
	return `!(has(object.spec.` + field + `) && object.spec.` + field + `)`
}

func addedCapabilities(allowed []string) string {
	if len(allowed) == 0 {
		// An empty list literal has no element type to compare with.
		return ` || c.securityContext.capabilities.add.size() == 0`
	}
	return ` || c.securityContext.capabilities.add.all(a, a in ` + cel.Strings(allowed) + `)`
}

func addedMessage(allowed []string) string {
	if len(allowed) == 0 {
		return "no container may add a capability"
	}
	return "the only capabilities that a container may add are " + strings.Join(allowed, ", ")
}
