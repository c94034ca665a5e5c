package spec

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

func (v *admissionValidator) rules() {
	r := v.policy.Rules
	path := []any{"rules"}
	if !r.any() {
		v.add(path, "asks for nothing: set at least one rule")
	}
	if l := r.ApprovalLabel; l != nil {
		v.labelKey(at(path, "approval_label", "key"), l.Key)
		v.labelValues(at(path, "approval_label", "values"), l.Values)
	}
	for i, registry := range r.AllowedRegistries {
		v.registry(at(path, "allowed_registries"), registry)
		v.duplicate(at(path, "allowed_registries"), r.AllowedRegistries, i)
	}
	if r.MCPServers != nil {
		v.mcpServers(at(path, "mcp_servers"), *r.MCPServers)
	}
	if r.SignedImages != nil {
		v.signedImages(at(path, "signed_images"), *r.SignedImages)
	}
	if s := r.SPIFFEIdentity; s != nil {
		v.spiffeIdentity(at(path, "spiffe_identity"), *s)
	}
	if r.SecurityContext != nil {
		v.securityContext(at(path, "security_context"), *r.SecurityContext)
	}
	for i, class := range r.RuntimeClasses {
		if msgs := validation.IsDNS1123Subdomain(class); len(msgs) > 0 {
			v.add(at(path, "runtime_classes"), "%q cannot name a RuntimeClass: %s", class, msgs[0])
		}
		v.duplicate(at(path, "runtime_classes"), r.RuntimeClasses, i)
	}
	if r.ResourceLimits != nil {
		v.resourceLimits(at(path, "resource_limits"), *r.ResourceLimits)
	}
	v.customRules(at(path, "custom"), r.Custom)
}

// any says whether at least one rule is set.
func (r AdmissionRules) any() bool {
	return r.ApprovalLabel != nil || len(r.AllowedRegistries) > 0 || r.MCPServers != nil || r.SignedImages != nil ||
		r.SPIFFEIdentity != nil || r.SecurityContext != nil || len(r.RuntimeClasses) > 0 || r.NoAutomountedTokens ||
		r.ResourceLimits != nil || len(r.Custom) > 0
}

func (v *admissionValidator) mcpServers(path []any, m MCPServers) {
	v.labelKey(at(path, "label_key"), m.LabelKey)
	v.labelValues(at(path, "label_value"), []string{m.LabelValue})
	if len(m.AllowedImages) == 0 {
		v.add(at(path, "allowed_images"), "is empty, so no MCP server could run: name the images that may")
	}
	for i, image := range m.AllowedImages {
		v.image(at(path, "allowed_images"), image)
		v.duplicate(at(path, "allowed_images"), m.AllowedImages, i)
	}
}

func (v *admissionValidator) spiffeIdentity(path []any, s SPIFFEIdentity) {
	if s.CSIDriver == "" && s.Annotation == "" {
		v.add(path, "asks for nothing: set csi_driver, annotation or both")
	}
	if s.CSIDriver != "" {
		if msgs := validation.IsDNS1123Subdomain(s.CSIDriver); len(msgs) > 0 {
			v.add(at(path, "csi_driver"), "%q cannot name a CSI driver: %s", s.CSIDriver, msgs[0])
		}
	}
	if s.Annotation != "" {
		if msgs := validation.IsQualifiedName(strings.ToLower(s.Annotation)); len(msgs) > 0 {
			v.add(at(path, "annotation"), "%q is no annotation key: %s", s.Annotation, msgs[0])
		}
	}
}

var capabilityPattern = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func (v *admissionValidator) securityContext(path []any, s SecurityContext) {
	if !s.RunAsNonRoot && !s.NoPrivilegeEscalation && !s.NoPrivileged && !s.ReadOnlyRootFilesystem && !s.DropAllCapabilities &&
		!s.SeccompRuntimeDefault && !s.NoHostNamespaces && !s.NoHostPath && len(s.AllowedAddedCapabilities) == 0 {
		v.add(path, "asks for nothing: set at least one of its requirements to true")
	}
	path = at(path, "allowed_added_capabilities")
	for i, c := range s.AllowedAddedCapabilities {
		switch {
		case strings.HasPrefix(c, "CAP_"):
			v.add(path, "%q is never in a pod: Kubernetes names capabilities without CAP_, as in %q", c, strings.TrimPrefix(c, "CAP_"))
		case c == "ALL":
			v.add(path, "\"ALL\" would allow every capability: name those that agents need")
		case !capabilityPattern.MatchString(c):
			v.add(path, "%q is no capability: they are in capitals, as in \"NET_BIND_SERVICE\"", c)
		}
		v.duplicate(path, s.AllowedAddedCapabilities, i)
	}
}

func (v *admissionValidator) resourceLimits(path []any, l ResourceLimits) {
	if len(l.Required) == 0 && l.MaxCPU == "" && l.MaxMemory == "" {
		v.add(path, "asks for nothing: set required, max_cpu or max_memory")
	}
	for i, name := range l.Required {
		if msgs := validation.IsQualifiedName(name); len(msgs) > 0 {
			v.add(at(path, "required"), "%q is no resource name: %s", name, msgs[0])
		}
		v.duplicate(at(path, "required"), l.Required, i)
	}
	v.quantity(at(path, "max_cpu"), l.MaxCPU)
	v.quantity(at(path, "max_memory"), l.MaxMemory)
}
