package oss

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// rule is one thing asked of a pod, in the form that the three engines share.
type rule struct {
	name       string // one of spec.AdmissionRuleNames, or a custom rule's
	expression string // CEL, bool; true lets the pod pass
	message    string
}

// rules compiles the typed rules once for all engines. Only CEL of Kubernetes itself is used, no engine's own functions.
//
// An update is held to a rule only for what it changes: to the containers that are added or changed, to the label or
// annotation that is set. So a pod that was there before the policy can still be labelled, get its finalizers removed and be
// deleted, but not be made worse. What an update cannot change (volumes, host namespaces, RuntimeClass) is asked on create.
// See docs/adr/0006-updates-answer-for-what-they-change.md.
func rules(p spec.AdmissionPolicy) []rule {
	r := p.Rules
	var list []rule
	add := func(name, expression, message string) {
		list = append(list, rule{name: name, expression: expression, message: name + ": " + message})
	}
	if l := r.ApprovalLabel; l != nil {
		add("approval-label", approvalLabel(*l), approvalMessage(*l))
	}
	if p.Sidecar != nil {
		list = append(list, sidecarRule(p))
	}
	if len(r.AllowedRegistries) > 0 {
		add("allowed-registries", allImages("variables.newImages", fromRegistries(r.AllowedRegistries)),
			"every image must come from "+strings.Join(r.AllowedRegistries, ", "))
	}
	if m := r.MCPServers; m != nil {
		add("mcp-servers", mcpServers(*m), fmt.Sprintf("a pod with the label %s may run only the approved MCP server images", m.LabelKey))
	}
	if s := r.SPIFFEIdentity; s != nil {
		add("spiffe-identity", spiffeIdentity(*s, p.Sidecar != nil), spiffeMessage(*s))
	}
	if s := r.SecurityContext; s != nil {
		list = append(list, securityContext(*s)...)
	}
	if len(r.RuntimeClasses) > 0 {
		add("runtime-classes", onCreate(`has(object.spec.runtimeClassName) && object.spec.runtimeClassName in `+cel.Strings(r.RuntimeClasses)),
			"spec.runtimeClassName must be one of "+strings.Join(r.RuntimeClasses, ", "))
	}
	if r.NoAutomountedTokens {
		add("no-automounted-tokens", onCreate(`has(object.spec.automountServiceAccountToken) && !object.spec.automountServiceAccountToken`),
			"spec.automountServiceAccountToken must be false")
	}
	if l := r.ResourceLimits; l != nil {
		add("resource-limits", resourceLimits(*l), limitsMessage(*l))
	}
	for _, c := range r.Custom {
		message := c.Message
		if message == "" {
			message = "the pod does not meet this rule"
		}
		// The line breaks keep a comment at the expression's end from swallowing the bracket.
		add(c.Name, "variables.isUpdate && variables.unchanged || (\n"+c.Expression+"\n)", message)
	}
	return list
}

// onCreate asks for what no update of a pod can change.
func onCreate(expression string) string {
	return "variables.isUpdate || (" + expression + ")"
}

func approvalLabel(l spec.ApprovalLabel) string {
	key := cel.String(l.Key)
	kept := `variables.isUpdate && object.metadata.?labels[?` + key + `] == oldObject.metadata.?labels[?` + key + `]`
	return kept + " || " + carriesLabel(l)
}

func carriesLabel(l spec.ApprovalLabel) string {
	key := cel.String(l.Key)
	set := `has(object.metadata.labels) && ` + key + ` in object.metadata.labels`
	if len(l.Values) > 0 {
		set += ` && object.metadata.labels[` + key + `] in ` + cel.Strings(l.Values)
	}
	return set
}

func approvalMessage(l spec.ApprovalLabel) string {
	if len(l.Values) == 0 {
		return fmt.Sprintf("the pod must carry the label %s; ask for approval first", l.Key)
	}
	return fmt.Sprintf("the label %s of the pod must be one of %s; ask for approval first", l.Key, strings.Join(l.Values, ", "))
}

// wellFormed is what a reference looks like, as a regular expression. Runtimes refuse what it does not match; but a lax one
// must not be led out of an allowed path by "..", nor to another host by an "@".
const wellFormed = `^[a-z0-9.:\[\]-]+(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?(@[a-z0-9]+:[a-f0-9]+)?$`

// allImages asks that the test holds for each image i of the list.
func allImages(images, test string) string {
	return images + `.all(i, i.reference.matches(` + cel.String(wellFormed) + `) && ` + test + `)`
}

// fromRegistries tests image i against prefixes that end where a name of its path ends: neither "registry.example.org.evil"
// nor "registry.example.org/agents-evil" is under "registry.example.org/agents".
func fromRegistries(prefixes []string) string {
	closed := make([]string, len(prefixes))
	for i, p := range prefixes {
		closed[i] = strings.TrimSuffix(p, "/") + "/"
	}
	return cel.Strings(closed) + `.exists(p, (i.repository + "/").startsWith(p))`
}

func mcpServers(m spec.MCPServers) string {
	key := cel.String(m.LabelKey)
	marked := `has(object.metadata.labels) && ` + key + ` in object.metadata.labels`
	if m.LabelValue != "" {
		marked += ` && object.metadata.labels[` + key + `] == ` + cel.String(m.LabelValue)
	}
	var prefixes, tests []string
	for _, image := range m.AllowedImages {
		name, digest, hasDigest := strings.Cut(image, "@")
		_, path, _ := strings.Cut(name, "/")
		hasTag := strings.Contains(path, ":")
		switch {
		case hasTag && hasDigest:
			tests = append(tests, `i.reference == `+cel.String(image))
		case hasDigest:
			tests = append(tests, `i.repository == `+cel.String(name)+` && i.reference.endsWith(`+cel.String("@"+digest)+`)`)
		case hasTag:
			tests = append(tests, `i.reference == `+cel.String(image), `i.reference.startsWith(`+cel.String(image+"@")+`)`)
		default:
			prefixes = append(prefixes, image)
		}
	}
	if len(prefixes) > 0 {
		tests = slices.Insert(tests, 0, fromRegistries(prefixes))
	}
	// A label that an update sets or changes makes all images count, not the new ones alone.
	images := `(variables.isUpdate && object.metadata.?labels[?` + key + `] == oldObject.metadata.?labels[?` + key + `]` +
		` ? variables.newImages : variables.images)`
	return `!(` + marked + `) || ` + allImages(images, `(`+strings.Join(tests, " || ")+`)`)
}

// spiffeIdentity asks for a volume of the CSI driver that a container mounts, or for an annotation that is neither empty nor
// "false". Where both are given, one is enough. A sidecar counts as well where pods are given one.
func spiffeIdentity(s spec.SPIFFEIdentity, sidecars bool) string {
	kept := `variables.isUpdate`
	var tests []string
	if s.CSIDriver != "" {
		const mounts = `has(c.volumeMounts) && c.volumeMounts.exists(m, m.name == v.name)`
		mounted := `object.spec.containers.exists(c, ` + mounts + `)`
		if sidecars {
			mounted = `(` + mounted + ` || has(object.spec.initContainers) && object.spec.initContainers.exists(c, ` +
				`has(c.restartPolicy) && c.restartPolicy == "Always" && ` + mounts + `))`
		}
		tests = append(tests, `has(object.spec.volumes) && object.spec.volumes.exists(v, has(v.csi) && v.csi.driver == `+cel.String(s.CSIDriver)+
			` && `+mounted+`)`)
	}
	if s.Annotation != "" {
		key := cel.String(s.Annotation)
		kept += ` && object.metadata.?annotations[?` + key + `] == oldObject.metadata.?annotations[?` + key + `]`
		tests = append(tests, `has(object.metadata.annotations) && `+key+` in object.metadata.annotations`+
			` && !(object.metadata.annotations[`+key+`] in ["", "false"])`)
	}
	return kept + " || " + strings.Join(tests, " || ")
}

func spiffeMessage(s spec.SPIFFEIdentity) string {
	var ways []string
	if s.CSIDriver != "" {
		ways = append(ways, "mount a volume of the CSI driver "+s.CSIDriver)
	}
	if s.Annotation != "" {
		ways = append(ways, "carry the annotation "+s.Annotation)
	}
	return "the pod must " + strings.Join(ways, " or ") + " to get its SPIFFE identity"
}

// resourceLimits looks at containers and init containers: Kubernetes allows no limits on ephemeral ones. A container without
// a limit exceeds every bound.
func resourceLimits(l spec.ResourceLimits) string {
	var tests []string
	for _, name := range limited(l) {
		limit := `c.resources.limits[` + cel.String(name) + `]`
		test := cel.String(name) + ` in c.resources.limits`
		if bound := map[string]string{"cpu": l.MaxCPU, "memory": l.MaxMemory}[name]; bound != "" {
			test += ` && !quantity(string(` + limit + `)).isGreaterThan(quantity(` + cel.String(bound) + `))`
		}
		tests = append(tests, test)
	}
	ephemeral := `(has(object.spec.ephemeralContainers) && c in object.spec.ephemeralContainers)`
	return `variables.newContainers.all(c, ` + ephemeral + ` || has(c.resources) && has(c.resources.limits) && ` +
		strings.Join(tests, " && ") + `)`
}

// limited gives the resources that need a limit, sorted.
func limited(l spec.ResourceLimits) []string {
	names := slices.Clone(l.Required)
	if l.MaxCPU != "" {
		names = append(names, "cpu")
	}
	if l.MaxMemory != "" {
		names = append(names, "memory")
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func limitsMessage(l spec.ResourceLimits) string {
	var bounds []string
	if l.MaxCPU != "" {
		bounds = append(bounds, "cpu at most "+l.MaxCPU)
	}
	if l.MaxMemory != "" {
		bounds = append(bounds, "memory at most "+l.MaxMemory)
	}
	message := "every container must have limits for " + strings.Join(limited(l), ", ")
	if len(bounds) > 0 {
		message += " (" + strings.Join(bounds, ", ") + ")"
	}
	return message
}
