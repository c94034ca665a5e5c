package spec

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
	"time"
)

func TestAdmissionPolicyThatIsRightHasNoProblems(t *testing.T) {
	for _, engine := range []Engine{EngineKyverno, EngineNative, EngineGatekeeper} {
		p := rightPolicy()
		p.Engine = engine
		if engine != EngineKyverno {
			p.Rules.SignedImages = nil
		}
		for _, problem := range p.Validate() {
			t.Errorf("%s: %v", engine, problem)
		}
	}
}

// Each case changes a policy that is right. Its one problem has this text, which begins with the attribute at fault.
func TestAdmissionPolicyProblems(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*AdmissionPolicy)
		want   string
	}{
		"no name":                 {func(p *AdmissionPolicy) { p.Name = "" }, `name: is empty`},
		"name with an underscore": {func(p *AdmissionPolicy) { p.Name = "a_b" }, `name: "a_b" cannot name a Kubernetes object`},
		"name too long":           {func(p *AdmissionPolicy) { p.Name = strings.Repeat("a", 64) }, `name: "` + strings.Repeat("a", 64) + `" has 64 characters, the most is 63`},
		"unknown engine": {
			func(p *AdmissionPolicy) { p.Engine, p.Rules.SignedImages = "opa", nil },
			`engine: "opa" is no engine: use "kyverno", "native" or "gatekeeper"`,
		},

		"no action":      {func(p *AdmissionPolicy) { p.Actions = nil }, `actions: is empty, so the policy would do nothing`},
		"unknown action": {func(p *AdmissionPolicy) { p.Actions = []Action{"Deny"} }, `actions: "Deny" is no action`},
		"action twice":   {func(p *AdmissionPolicy) { p.Actions = []Action{ActionDeny, ActionDeny} }, `actions: "deny" is given twice`},
		"deny and warn":  {func(p *AdmissionPolicy) { p.Actions = []Action{ActionDeny, ActionWarn} }, `actions: "deny" and "warn" exclude each other`},

		"selector key": {
			func(p *AdmissionPolicy) { p.NamespaceSelector.MatchLabels = map[string]string{"a b": "c"} },
			`namespace_selector.match_labels["a b"]: "a b" is no label key`,
		},
		"selector value": {
			func(p *AdmissionPolicy) { p.ObjectSelector.MatchLabels = map[string]string{"a": "b c"} },
			`object_selector.match_labels["a"]: "b c" is no label value`,
		},
		"selector without values":     {selectBy("In"), `namespace_selector.match_expressions[0].values: is empty: operator In needs at least one value`},
		"selector with values":        {selectBy("Exists", "a"), `namespace_selector.match_expressions[0].values: must be left out`},
		"selector with a value twice": {selectBy("NotIn", "a", "a"), `namespace_selector.match_expressions[0].values: "a" is given twice`},
		"selector operator":           {selectBy("in", "a"), `namespace_selector.match_expressions[0].operator: "in" is no operator`},

		"no rule":        {func(p *AdmissionPolicy) { p.Rules = AdmissionRules{} }, `rules: asks for nothing`},
		"approval key":   {func(p *AdmissionPolicy) { p.Rules.ApprovalLabel.Key = "a/b/c" }, `rules.approval_label.key: "a/b/c" is no label key`},
		"approval value": {func(p *AdmissionPolicy) { p.Rules.ApprovalLabel.Values = []string{"yes!"} }, `rules.approval_label.values: "yes!" is no label value`},

		"registry with a scheme":      {registries("https://registry.example.org"), `rules.allowed_registries: "https://registry.example.org" must not have a scheme`},
		"registry with a wildcard":    {registries("registry.example.org/*"), `rules.allowed_registries: "registry.example.org/*" must not have a wildcard`},
		"registry that is none":       {registries("agents/billing"), `rules.allowed_registries: "agents/billing" does not name its registry`},
		"registry with a tag":         {registries("registry.example.org/agents:1"), `rules.allowed_registries: "registry.example.org/agents:1" is no prefix of an image`},
		"registry in capitals":        {registries("Registry.example.org/agents"), `rules.allowed_registries: "Registry.example.org/agents" has capitals in its registry`},
		"registry of the old name":    {registries("index.docker.io/library"), `rules.allowed_registries: "index.docker.io/library" uses the old name of Docker Hub`},
		"registry with a user":        {registries("me@registry.example.org"), `rules.allowed_registries: "me@registry.example.org" does not start with a registry`},
		"registry with a path upward": {registries("registry.example.org/agents/.."), `rules.allowed_registries: "registry.example.org/agents/.." is no prefix`},
		"registry twice":              {registries("localhost:5000", "localhost:5000"), `rules.allowed_registries: "localhost:5000" is given twice`},
		"empty registry":              {registries(""), `rules.allowed_registries: "" does not name its registry`},

		"no MCP images":                 {mcpImages(), `rules.mcp_servers.allowed_images: is empty, so no MCP server could run`},
		"MCP image without registry":    {mcpImages("files:1"), `rules.mcp_servers.allowed_images: "files:1" is no image of a registry`},
		"MCP registry alone":            {mcpImages("registry.example.org"), `rules.mcp_servers.allowed_images: "registry.example.org" is no image of a registry`},
		"MCP image of Docker Hub":       {mcpImages("docker.io/nginx:1"), `rules.mcp_servers.allowed_images: "docker.io/nginx:1" is an official image: write docker.io/library/nginx:1`},
		"MCP image with a bad tag":      {mcpImages("registry.example.org/files:a/b"), `rules.mcp_servers.allowed_images: "registry.example.org/files:a/b" has no valid tag`},
		"MCP image with a short digest": {mcpImages("registry.example.org/files@sha256:abc"), `rules.mcp_servers.allowed_images: "registry.example.org/files@sha256:abc" has no valid digest`},

		"signatures on another engine":      {func(p *AdmissionPolicy) { p.Engine = EngineNative }, `rules.signed_images: engine "native" cannot verify signatures, only "kyverno" can`},
		"signatures of no image":            {signed(func(s *SignedImages) { s.Images = nil }), `rules.signed_images.images: is empty`},
		"signatures of nobody":              {signed(func(s *SignedImages) { s.PublicKey = "" }), `rules.signed_images: does not say who signs`},
		"signatures of both":                {signed(func(s *SignedImages) { s.Keyless, s.IgnoreTlog = &KeylessIdentity{}, false }), `rules.signed_images: has both public_key and keyless`},
		"signatures of no PEM":              {signed(func(s *SignedImages) { s.PublicKey = "cosign.pub" }), `rules.signed_images.public_key: is no PEM`},
		"private key":                       {signed(func(s *SignedImages) { s.PublicKey = pemOf("EC PRIVATE KEY") }), `rules.signed_images.public_key: is a private key`},
		"certificate":                       {signed(func(s *SignedImages) { s.PublicKey = pemOf("CERTIFICATE") }), `rules.signed_images.public_key: is a PEM of type "CERTIFICATE"`},
		"garbage in a PEM":                  {signed(func(s *SignedImages) { s.PublicKey = pemOf("PUBLIC KEY") }), `rules.signed_images.public_key: is no public key`},
		"two keys":                          {signed(func(s *SignedImages) { s.PublicKey += s.PublicKey }), `rules.signed_images.public_key: has more than one PEM block`},
		"keyless without a log":             {signed(keyless(func(s *SignedImages) { s.IgnoreTlog = true })), `rules.signed_images.ignore_tlog: cannot be set with keyless`},
		"keyless of anyone":                 {signed(keyless(func(s *SignedImages) { s.Keyless.Subject = "" })), `rules.signed_images.keyless.subject: is empty, which would accept anyone`},
		"keyless issuer":                    {signed(keyless(func(s *SignedImages) { s.Keyless.Issuer = "github" })), `rules.signed_images.keyless.issuer: "github" is no URL`},
		"log and no log":                    {signed(func(s *SignedImages) { s.RekorURL = "https://rekor.example.org" }), `rules.signed_images.ignore_tlog: contradicts rekor_url`},
		"credentials in a URL":              {signed(func(s *SignedImages) { s.IgnoreTlog, s.RekorURL = false, "https://me:secret@rekor.example.org" }), `rules.signed_images.rekor_url: must not carry credentials`},
		"registry login with a scheme":      {signed(func(s *SignedImages) { s.Registry.Server = "https://registry.example.org" }), `rules.signed_images.registry_credentials.server:`},
		"registry login without a user":     {signed(func(s *SignedImages) { s.Registry.Username = "" }), `rules.signed_images.registry_credentials.username: is empty`},
		"registry login without a password": {signed(func(s *SignedImages) { s.Registry.Password = "" }), `rules.signed_images.registry_credentials.password: is empty`},
		"registry login in no namespace":    {signed(func(s *SignedImages) { s.Registry.Namespace = "" }), `rules.signed_images.registry_credentials.namespace: "" cannot name a namespace`},

		"identity by nothing":       {func(p *AdmissionPolicy) { p.Rules.SPIFFEIdentity = &SPIFFEIdentity{} }, `rules.spiffe_identity: asks for nothing`},
		"identity by no driver":     {func(p *AdmissionPolicy) { p.Rules.SPIFFEIdentity.CSIDriver = "CSI" }, `rules.spiffe_identity.csi_driver: "CSI" cannot name a CSI driver`},
		"identity by no annotation": {func(p *AdmissionPolicy) { p.Rules.SPIFFEIdentity.Annotation = "a b" }, `rules.spiffe_identity.annotation: "a b" is no annotation key`},

		"security of nothing":      {security(SecurityContext{}), `rules.security_context: asks for nothing`},
		"capability with a prefix": {security(SecurityContext{AllowedAddedCapabilities: []string{"CAP_CHOWN"}}), `rules.security_context.allowed_added_capabilities: "CAP_CHOWN" is never in a pod: Kubernetes names capabilities without CAP_, as in "CHOWN"`},
		"all capabilities":         {security(SecurityContext{AllowedAddedCapabilities: []string{"ALL"}}), `rules.security_context.allowed_added_capabilities: "ALL" would allow every capability`},
		"capability in lower case": {security(SecurityContext{AllowedAddedCapabilities: []string{"chown"}}), `rules.security_context.allowed_added_capabilities: "chown" is no capability`},
		"runtime class":            {func(p *AdmissionPolicy) { p.Rules.RuntimeClasses = []string{"gVisor"} }, `rules.runtime_classes: "gVisor" cannot name a RuntimeClass`},

		"limits of nothing":    {limits(ResourceLimits{}), `rules.resource_limits: asks for nothing`},
		"limit of no resource": {limits(ResourceLimits{Required: []string{"c pu"}}), `rules.resource_limits.required: "c pu" is no resource name`},
		"no quantity":          {limits(ResourceLimits{MaxCPU: "two"}), `rules.resource_limits.max_cpu: "two" is no quantity`},
		"quantity of zero":     {limits(ResourceLimits{MaxMemory: "0Gi"}), `rules.resource_limits.max_memory: "0Gi" would allow nothing`},

		"custom rule without a name":              {custom(CustomRule{Expression: "true"}), `rules.custom[0].name: "" cannot name a rule`},
		"custom rule of a typed rule's name":      {custom(CustomRule{Name: "approval-label", Expression: "true"}), `rules.custom[0].name: "approval-label" is the name of a typed rule`},
		"custom rules of one name":                {custom(CustomRule{Name: "a", Expression: "true"}, CustomRule{Name: "a", Expression: "true"}), `rules.custom[1].name: "a" names an earlier rule already`},
		"custom rule without CEL":                 {custom(CustomRule{Name: "a"}), `rules.custom[0].expression: is empty`},
		"CEL that does not compile":               {custom(CustomRule{Name: "a", Expression: "true &&\n objekt.x"}), `rules.custom[0].expression: is no valid CEL: line 2, column 2: undeclared reference to 'objekt'`},
		"CEL that gives no bool":                  {custom(CustomRule{Name: "a", Expression: "1"}), `rules.custom[0].expression: is no valid CEL: must evaluate to bool but got int`},
		"CEL that uses another engine's variable": {custom(CustomRule{Name: "a", Expression: `authorizer.path("/").check("get").allowed()`}), `rules.custom[0].expression: is no valid CEL: line 1, column 1: undeclared reference to 'authorizer'`},
		"message of two lines":                    {custom(CustomRule{Name: "a", Expression: "true", Message: "a\nb"}), `rules.custom[0].message: must be one line`},

		"exception for all":                          {except(AdmissionException{Name: "a"}), `exceptions[0]: would let everything through`},
		"exception without a name":                   {except(AdmissionException{Namespaces: []string{"a"}}), `exceptions[0].name: "" cannot name an exception`},
		"exceptions of one name":                     {except(AdmissionException{Name: "a", Namespaces: []string{"a"}}, AdmissionException{Name: "a", Namespaces: []string{"b"}}), `exceptions[1].name: "a" names an earlier exception already`},
		"exception in no namespace":                  {except(AdmissionException{Name: "a", Namespaces: []string{"a.b"}}), `exceptions[0].namespaces: "a.b" cannot name a namespace`},
		"exception for every name":                   {except(AdmissionException{Name: "a", Names: []string{"*"}}), `exceptions[0].names: "*" would match every name`},
		"exception with a glob":                      {except(AdmissionException{Name: "a", Names: []string{"a*b"}}), `exceptions[0].names: "a*b" has an asterisk that is not at its end`},
		"exception for no name":                      {except(AdmissionException{Name: "a", Names: []string{"A-*"}}), `exceptions[0].names: "A-*" matches no pod's name`},
		"exception with broken CEL":                  {except(AdmissionException{Name: "a", Expression: "objekt"}), `exceptions[0].expression: is no valid CEL: line 1, column 1`},
		"exception that uses the policy's variables": {except(AdmissionException{Name: "a", Expression: "variables.isUpdate"}), `exceptions[0].expression: is no valid CEL: line 1, column 10`},

		"label":      {func(p *AdmissionPolicy) { p.Labels = map[string]string{"a": "b c"} }, `labels["a"]: "b c" is no label value`},
		"annotation": {func(p *AdmissionPolicy) { p.Annotations = map[string]string{"a b": "c"} }, `annotations["a b"]: "a b" is no annotation key`},
	} {
		t.Run(name, func(t *testing.T) {
			p := rightPolicy()
			c.change(&p)
			problems := p.Validate()
			if len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), c.want) {
				t.Errorf("got %v\nwant one that begins with %s", problems, c.want)
			}
		})
	}
}

func TestPrivateKeyIsNotRepeated(t *testing.T) {
	p := rightPolicy()
	p.Rules.SignedImages.PublicKey = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"
	if problems := p.Validate(); len(problems) != 1 || strings.Contains(problems[0].Error(), "c2VjcmV0") {
		t.Errorf("got %v", problems)
	}
}

func TestOnlyTheNativeEngineHasTheAuthorizer(t *testing.T) {
	p := rightPolicy()
	custom(CustomRule{Name: "a", Expression: `authorizer.path("/").check("get").allowed()`})(&p)
	p.Engine, p.Rules.SignedImages = EngineNative, nil
	if problems := p.Validate(); len(problems) > 0 {
		t.Errorf("native: %v", problems)
	}
	p.Engine = EngineGatekeeper
	if problems := p.Validate(); len(problems) != 1 || !strings.HasSuffix(problems[0].Detail, `the authorizer exists in engine "native" only`) {
		t.Errorf("gatekeeper: %v", problems)
	}
}

// rightPolicy uses every field.
func rightPolicy() AdmissionPolicy {
	return AdmissionPolicy{
		Name: "agents.baseline", Engine: EngineKyverno, Actions: []Action{ActionAudit, ActionDeny}, FailClosed: true,
		NamespaceSelector: LabelSelector{MatchLabels: map[string]string{"workload-type": "ai-agent"}},
		ObjectSelector:    LabelSelector{MatchExpressions: []LabelRequirement{{Key: "example.org/agent", Operator: "Exists"}}},
		Labels:            map[string]string{"app.kubernetes.io/managed-by": "terraform"},
		Annotations:       map[string]string{"Example.org/owner": "any \n text"},
		Rules: AdmissionRules{
			ApprovalLabel:     &ApprovalLabel{Key: "example.org/approved", Values: []string{"yes", ""}},
			AllowedRegistries: []string{"registry.example.org", "registry.example.org:5000/agents/", "localhost", "[::1]:5000/a", "docker.io/library"},
			MCPServers: &MCPServers{LabelKey: "mcp", AllowedImages: []string{
				"registry.example.org/mcp", "registry.example.org/mcp/files:1.0", "localhost:5000/a@sha256:" + strings.Repeat("0", 64),
				"registry.example.org/mcp/files:1.0@sha256:" + strings.Repeat("0", 64), "docker.io/library/nginx:1",
			}},
			SignedImages: &SignedImages{
				Images: []string{"registry.example.org/*"}, PublicKey: validKey, IgnoreTlog: true,
				Registry: &RegistryCredentials{Server: "registry.example.org:5000", Username: "reader", Password: "x", Namespace: "kyverno"},
			},
			SPIFFEIdentity:      &SPIFFEIdentity{CSIDriver: "csi.spiffe.io", Annotation: "example.org/SPIFFE"},
			SecurityContext:     &SecurityContext{RunAsNonRoot: true, AllowedAddedCapabilities: []string{"NET_BIND_SERVICE"}},
			RuntimeClasses:      []string{"gvisor"},
			NoAutomountedTokens: true,
			ResourceLimits:      &ResourceLimits{Required: []string{"cpu", "nvidia.com/gpu"}, MaxCPU: "1500m", MaxMemory: "4Gi"},
			Custom:              []CustomRule{{Name: "no-shell", Expression: `variables.images.all(i, i.repository != "") // images`, Message: `say "no"`}},
		},
		Exceptions: []AdmissionException{{
			Name: "migration", Namespaces: []string{"legacy"}, Names: []string{"a.b", "batch-*"}, Reason: "any\ntext",
			ExpiresAt: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Expression: `request.userInfo.username == "x"`,
		}},
	}
}

var validKey = func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}()

func pemOf(kind string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("garbage")}))
}

func selectBy(operator string, values ...string) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) {
		p.NamespaceSelector.MatchExpressions = []LabelRequirement{{Key: "a", Operator: operator, Values: values}}
	}
}

func registries(list ...string) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Rules.AllowedRegistries = list }
}

func mcpImages(list ...string) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Rules.MCPServers.AllowedImages = list }
}

func signed(change func(*SignedImages)) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { change(p.Rules.SignedImages) }
}

func keyless(change func(*SignedImages)) func(*SignedImages) {
	return func(s *SignedImages) {
		s.PublicKey, s.IgnoreTlog = "", false
		s.Keyless = &KeylessIdentity{Issuer: "https://token.actions.githubusercontent.com", Subject: "https://github.com/example/agent"}
		change(s)
	}
}

func security(s SecurityContext) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Rules.SecurityContext = &s }
}

func limits(l ResourceLimits) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Rules.ResourceLimits = &l }
}

func custom(rules ...CustomRule) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Rules.Custom = rules }
}

func except(exceptions ...AdmissionException) func(*AdmissionPolicy) {
	return func(p *AdmissionPolicy) { p.Exceptions = exceptions }
}
