package spec

import (
	"strings"
	"testing"
)

// rightGateway uses all that a gateway can have that Kubernetes or permissions have a say in.
func rightGateway() Gateway {
	secret := SecretValue{Secret: "bank", Key: "token"}
	return Gateway{
		Name: "tools", Namespace: "gateways", TrustDomain: "example.org", Mode: ClientToAgent,
		Listeners: map[string]Listener{"agents": {Port: 8443, Targets: []string{"bank"}}, "partners": {Port: 9443}},
		Targets: map[string]Target{
			"bank": {
				Protocol: "mcp", URL: "https://bank.mcp.svc/mcp", TLS: &UpstreamTLS{Client: &SecretPair{Name: "bank-tls"}},
				Credentials: []Credential{{Kind: "static", Value: secret}, {Kind: "client_credentials", ClientKey: SecretValue{Value: "pem", Version: "1"}}},
				Workload:    &PodSet{Namespace: "mcp", Selector: LabelSelector{MatchLabels: map[string]string{"app": "bank"}}},
			},
			"desk": {Protocol: "a2a", URL: "http://desk.agents.svc"},
			"crm":  {Protocol: "rest", URL: "http://crm.svc", Operations: map[string]Operation{"getUser": {Method: "GET", Path: "/users/{id}"}}},
			"shop": {Protocol: "grpc", URL: "http://shop.svc", Services: []string{"shop.v1.Orders"}},
		},
		Policies: map[string]string{"bank": "permit (principal, action, resource);"},
		Allow: map[string]Allow{
			"transfers": {
				Agents: []string{"spiffe://example.org/ns/payments/agent/billing", "ns:support"}, Users: []string{"https://idp.example.org#alice"}, Target: "bank",
				Tools: []string{"transfer"}, Arguments: map[string]ArgumentCondition{"transfer.amount": {Max: new(int64(100))}, "note": {Like: "*", Optional: true}},
				ReadOnly: true, Authentication: []string{"mtls", "dpop"},
			},
			"messages": {Agents: []string{"*"}, Target: "desk", Skills: []string{"report"}, PartKinds: []string{"text", "url"}, URLHosts: []string{"files.example.org"}},
			"users":    {Users: []string{"did:key:z6Mk"}, Target: "crm", Operations: []string{"getUser", "GET /users/{id}"}},
			"orders":   {Agents: []string{"spiffe://partner.example/ns/a/agent/b"}, Target: "shop", Methods: []string{"shop.v1.Orders/Place"}},
		},
		TokenService: &TokenService{},
		Trust:        map[string]TrustedDomain{"partner.example": {}},
		Keys:         SharedKeys{IDs: []string{"2026-11", "2026-10"}},
		Store:        &Store{URL: "rediss://redis.svc:6379", Password: secret},
		AuditLog:     AuditLog{Stdout: true, OTLP: &OTLP{Headers: secret}},
		Telemetry:    &Telemetry{OTLP: &OTLP{Headers: secret}},
		Deployment: Deployment{
			Image: "registry.example.org/agent-gateway:1", PullPolicy: "Always", Replicas: 3,
			Resources:    Resources{Requests: map[string]string{"cpu": "1", "memory": "1Gi"}, Limits: map[string]string{"memory": "1Gi"}},
			NodeSelector: map[string]string{"pool": "edge"}, Tolerations: []Toleration{{Key: "edge", Operator: "Exists", Effect: "NoExecute", Seconds: new(int64(30))}},
			PriorityClass: "high", PodLabels: map[string]string{"team": "platform"}, ServiceType: "LoadBalancer",
			WorkloadAPI: WorkloadAPI{CSIDriver: "csi.spiffe.io", Socket: "spire-agent.sock"},
		},
		Network: Network{
			Agents:  []PodSet{{Namespace: "agents"}},
			Clients: []LabelSelector{{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "web"}}},
			DNS:     PodSet{Namespace: "kube-system"}, SPIRE: &PodSet{Namespace: "spire"},
		},
		ServiceMonitor: &ServiceMonitor{Labels: map[string]string{"release": "prometheus"}},
		Labels:         map[string]string{"team": "platform"}, Annotations: map[string]string{"Example.org/note": "x"},
	}
}

func TestGatewayThatIsRightHasNoProblems(t *testing.T) {
	for _, problem := range rightGateway().Validate() {
		t.Error(problem)
	}
}

func listener(change func(*Listener)) func(*Gateway) {
	return func(g *Gateway) {
		l := g.Listeners["agents"]
		change(&l)
		g.Listeners["agents"] = l
	}
}

func target(change func(*Target)) func(*Gateway) {
	return func(g *Gateway) {
		t := g.Targets["bank"]
		change(&t)
		g.Targets["bank"] = t
	}
}

func allow(name string, change func(*Allow)) func(*Gateway) {
	return func(g *Gateway) {
		a := g.Allow[name]
		change(&a)
		g.Allow[name] = a
	}
}

func argument(name string, c ArgumentCondition) func(*Gateway) {
	return allow("transfers", func(a *Allow) { a.Arguments[name] = c })
}

// Each case changes a gateway that is right. One of its problems begins with this text.
func TestGatewayProblems(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Gateway)
		want   string
	}{
		"no name":                           {func(g *Gateway) { g.Name = "" }, `name: is empty`},
		"name that no Service can have":     {func(g *Gateway) { g.Name = "1st" }, `name: "1st" cannot name a Service`},
		"name too long":                     {func(g *Gateway) { g.Name = strings.Repeat("a", 51) }, `name: "` + strings.Repeat("a", 51) + `" has 51 characters, the most is 50`},
		"namespace":                         {func(g *Gateway) { g.Namespace = "A" }, `namespace: "A" is no DNS label`},
		"no trust domain":                   {func(g *Gateway) { g.TrustDomain = "" }, `trust_domain: no trust domain`},
		"mode":                              {func(g *Gateway) { g.Mode = "both" }, `mode: "both" is no mode`},
		"no listener":                       {func(g *Gateway) { g.Listeners = nil }, `listeners: is empty`},
		"listener that names no port":       {func(g *Gateway) { g.Listeners["a_b"] = Listener{Port: 1} }, `listeners["a_b"]: "a_b" cannot name a port of a Service`},
		"listener by the admin port's":      {func(g *Gateway) { g.Listeners["admin"] = Listener{Port: 1} }, `listeners["admin"]: "admin" is the name of the port for metrics`},
		"port out of range":                 {listener(func(l *Listener) { l.Port = 70000 }), `listeners["agents"].port: 70000 is no port`},
		"port twice":                        {listener(func(l *Listener) { l.Port = 9443 }), `listeners["partners"].port: 9443 is listener agents's already`},
		"port of metrics":                   {listener(func(l *Listener) { l.Port = 9090 }), `listeners["agents"].port: 9090 is deployment.admin_port's already`},
		"nobody can be authenticated":       {listener(func(l *Listener) { l.Authenticate = []string{} }), `listeners["agents"].authenticate: is empty`},
		"listener with an unknown target":   {listener(func(l *Listener) { l.Targets = []string{"x"} }), `listeners["agents"].targets: "x" is no target: there are bank, crm, desk, shop`},
		"no target":                         {func(g *Gateway) { g.Targets = nil }, `targets: is empty`},
		"target with a slash":               {func(g *Gateway) { g.Targets["a/b"] = Target{Protocol: "mcp"} }, `targets["a/b"]: "a/b" cannot name a target`},
		"target of no protocol":             {target(func(t *Target) { t.Protocol = "soap" }), `targets["bank"].protocol: "soap" is no protocol`},
		"certificate from no Secret":        {target(func(t *Target) { t.TLS.Client.Name = "A" }), `targets["bank"].tls.client_certificate: "A" cannot name a Secret`},
		"credential without a secret":       {target(func(t *Target) { t.Credentials[0].Value = SecretValue{} }), `targets["bank"].credentials[0].value: is missing`},
		"secret in two places":              {target(func(t *Target) { t.Credentials[0].Value.Value = "x" }), `targets["bank"].credentials[0].value: is in two places`},
		"secret without its key":            {target(func(t *Target) { t.Credentials[0].Value.Key = "" }), `targets["bank"].credentials[0].value.key: is empty`},
		"secret with a key that is none":    {target(func(t *Target) { t.Credentials[0].Value.Key = "../x" }), `targets["bank"].credentials[0].value.key: "../x" is no key`},
		"key without its secret":            {target(func(t *Target) { t.Credentials[0].Value = SecretValue{Key: "x"} }), `targets["bank"].credentials[0].value.secret: is empty`},
		"the gateway's own Secret":          {target(func(t *Target) { t.Credentials[0].Value.Secret = "tools-keys" }), `targets["bank"].credentials[0].value.secret: "tools-keys" is the Secret`},
		"secret and key of a client":        {target(func(t *Target) { t.Credentials[1].Value = SecretValue{Value: "x"} }), `targets["bank"].credentials[1].client_key: stands beside value`},
		"workload of no namespace":          {target(func(t *Target) { t.Workload.Namespace = "" }), `targets["bank"].workload.namespace: "" is no DNS label`},
		"workload without policies":         {func(g *Gateway) { g.Network = Network{Disabled: true} }, `targets["bank"].workload: is kept from everybody`},
		"policy with a name that is no key": {func(g *Gateway) { g.Policies["a/b"] = "x" }, `policies["a/b"]: "a/b" cannot name a policy`},
		"policy without a word":             {func(g *Gateway) { g.Policies["bank"] = " \n" }, `policies["bank"]: is empty`},
		"labels of nobody":                  {func(g *Gateway) { g.AgentLabels = map[string]map[string]string{"x": nil} }, `agent_labels["x"]: "x" is no SPIFFE ID`},
		"more than a ConfigMap holds":       {func(g *Gateway) { g.Policies["big"] = strings.Repeat("x", 1<<20) }, `policies["big"]: all policies, documents and certificates have 1048613 bytes`},

		"replicas with proofs and no store":    {func(g *Gateway) { g.Store = nil }, `store: is missing: listener "agents" takes DPoP proofs, and one that a replica has seen could be replayed at another. Set store, or set deployment.replicas = 1`},
		"autoscaling with proofs and no store": {func(g *Gateway) { g.Store, g.Deployment.Autoscaling = nil, &Autoscaling{Min: 1, Max: 2} }, `store: is missing: listener "agents" takes DPoP proofs, and one that a replica has seen could be replayed at another. Set store, or leave deployment.autoscaling out`},
		"replicas without keys":                {func(g *Gateway) { g.Keys = SharedKeys{} }, `keys.ids: is empty, so that each replica would sign`},
		"key twice":                            {func(g *Gateway) { g.Keys.IDs = []string{"1", "1"} }, `keys.ids: "1" is given twice`},
		"key that is no file":                  {func(g *Gateway) { g.Keys.IDs = []string{"../1"} }, `keys.ids: "../1" cannot name a key`},
		"keys of others without names":         {func(g *Gateway) { g.Keys = SharedKeys{ExistingSecret: "mine"} }, `keys.ids: is empty: name the entries of Secret "mine"`},
		"password of a store":                  {func(g *Gateway) { g.Store.Password.Key = "" }, `store.password.key: is empty`},
		"audit log to nowhere":                 {func(g *Gateway) { g.AuditLog = AuditLog{} }, `audit_log.stdout: is false`},
		"headers of telemetry":                 {func(g *Gateway) { g.Telemetry.OTLP.Headers.Key = "" }, `telemetry.otlp.headers.key: is empty`},

		"image":                    {func(g *Gateway) { g.Deployment.Image = "a b" }, `deployment.image: "a b" is no image`},
		"no image":                 {func(g *Gateway) { g.Deployment.Image = "" }, `deployment.image: is empty`},
		"pull policy":              {func(g *Gateway) { g.Deployment.PullPolicy = "Sometimes" }, `deployment.pull_policy: "Sometimes" is no pull policy`},
		"no replica":               {func(g *Gateway) { g.Deployment.Replicas = 0 }, `deployment.replicas: 0 replicas serve nobody`},
		"autoscaling upside down":  {func(g *Gateway) { g.Deployment.Autoscaling = &Autoscaling{Min: 3, Max: 2} }, `deployment.autoscaling.max: 2 is less than min`},
		"autoscaling from nothing": {func(g *Gateway) { g.Deployment.Autoscaling = &Autoscaling{Max: 2} }, `deployment.autoscaling.min: 0 replicas serve nobody`},
		"autoscaling by no request": {func(g *Gateway) {
			g.Deployment.Autoscaling = &Autoscaling{Min: 1, Max: 2}
			delete(g.Deployment.Resources.Requests, "cpu")
		}, `deployment.autoscaling.cpu_utilization: is a part of what is requested`},
		"quantity":                   {func(g *Gateway) { g.Deployment.Resources.Limits["memory"] = "1 GB" }, `deployment.resources.limits["memory"]: "1 GB" is no quantity`},
		"request beyond the limit":   {func(g *Gateway) { g.Deployment.Resources.Requests["memory"] = "2Gi" }, `deployment.resources.requests["memory"]: 2Gi is more than the limit, which is 1Gi`},
		"toleration of everything":   {func(g *Gateway) { g.Deployment.Tolerations[0] = Toleration{} }, `deployment.tolerations[0].key: is empty`},
		"toleration for a while":     {func(g *Gateway) { g.Deployment.Tolerations[0].Effect = "NoSchedule" }, `deployment.tolerations[0].seconds: is for the effect NoExecute alone`},
		"type of the Service":        {func(g *Gateway) { g.Deployment.ServiceType = "ExternalName" }, `deployment.service_type: "ExternalName" is no type`},
		"Workload API in two places": {func(g *Gateway) { g.Deployment.WorkloadAPI.HostPath = "/run" }, `deployment.workload_api: is in one place`},
		"Workload API upwards":       {func(g *Gateway) { g.Deployment.WorkloadAPI = WorkloadAPI{HostPath: "/run/../etc", Socket: "s"} }, `deployment.workload_api.host_path: "/run/../etc" is no folder`},
		"socket elsewhere":           {func(g *Gateway) { g.Deployment.WorkloadAPI.Socket = "a/b" }, `deployment.workload_api.socket: "a/b" is no name`},

		"agents in no namespace":         {func(g *Gateway) { g.Network.Agents[0].Namespace = "" }, `network.agents[0].namespace: "" is no DNS label`},
		"agents beside the gateway":      {func(g *Gateway) { g.Network.Agents[0].Namespace = "gateways" }, `network.agents[0].selector: selects every pod of "gateways"`},
		"agents that no policy is about": {func(g *Gateway) { g.Network.Disabled = true }, `network.disabled: renders no NetworkPolicy`},
		"a way out that nobody may take": {func(g *Gateway) { g.Mode, g.Network = AgentToAnywhere, Network{} }, `network.agents: is empty, and so is clients`},
		"clients by an operator": {func(g *Gateway) {
			g.Network.Clients[0].MatchExpressions = []LabelRequirement{{Key: "a", Operator: "In"}}
		}, `network.clients[0].match_expressions[0].values: is empty`},
		"labels of the ServiceMonitor": {func(g *Gateway) { g.ServiceMonitor.Labels["a b"] = "" }, `service_monitor.labels["a b"]: "a b" is no label key`},
		"labels of every object":       {func(g *Gateway) { g.Labels["a"] = "b c" }, `labels["a"]: "b c" is no label value`},
	} {
		t.Run(name, func(t *testing.T) { expectProblem(t, c.change, c.want) })
	}
}

func expectProblem(t *testing.T, change func(*Gateway), want string) {
	t.Helper()
	g := rightGateway()
	change(&g)
	var all []string
	for _, p := range g.Validate() {
		if strings.HasPrefix(p.Error(), want) {
			return
		}
		all = append(all, p.Error())
	}
	t.Errorf("problems are %q, want one that begins with %s", all, want)
}

func TestOneReplicaNeedsNeitherStoreNorKeys(t *testing.T) {
	g := rightGateway()
	g.Store, g.Keys, g.Deployment.Replicas = nil, SharedKeys{}, 1
	if problems := g.Validate(); len(problems) > 0 {
		t.Error(problems)
	}
}

// Replicas that only look at certificates remember nothing that could be replayed.
func TestReplicasNeedNoStoreWithoutProofs(t *testing.T) {
	for combination, needed := range map[string]bool{"mtls": false, "mtls+cert-bound": false, "jwt-svid": false, "dpop": true, "mtls+dpop": true, "did": true, "jwt": true} {
		g := rightGateway()
		g.Store = nil
		g.Listeners = map[string]Listener{"agents": {Port: 8443, Authenticate: []string{combination}}}
		if problems := g.Validate(); len(problems) > 0 != needed {
			t.Errorf("with %s problems are %v", combination, problems)
		}
	}
}
