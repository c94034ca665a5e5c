package scenarios_test

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// plainGateway is a gateway by manifests of the test's own.
func (s *stage) plainGateway(targets, policies string) {
	s.Helper()
	configuration := `
identity {
  workload_api = "unix:///run/spire/sockets/spire-agent.sock"
  spiffe_id    = "GATEWAY_ID"
}
token_service {}
listener "agents" {
  address = "0.0.0.0:8443"
  url     = "ORIGIN"
}
admin {
  address = "127.0.0.1:9090"
}
` + targets + "\npolicies {\n  text = <<-EOT\n" + policies + "\n  EOT\n}\n"
	text := strings.NewReplacer(
		"CONFIGURATION", "    "+strings.ReplaceAll(strings.TrimSpace(configuration), "\n", "\n    "),
	).Replace(plainManifest)
	text = strings.NewReplacer(
		"GATEWAY_ID", s.gatewayID(), "ORIGIN", s.origin(), "NAMESPACE", s.gateway, "NAME", gatewayName, "IMAGE", s.Images.Gateway, "TOOLS", s.tools,
	).Replace(text)
	objects, err := cluster.Read([]byte(text))
	s.run(objects, err)
}

const plainManifest = `
apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterSPIFFEID
metadata:
  name: NAMESPACE.NAME
spec:
  spiffeIDTemplate: GATEWAY_ID
  podSelector:
    matchLabels: {app.kubernetes.io/instance: NAME, app.kubernetes.io/name: agent-gateway}
  namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: NAMESPACE}
  dnsNameTemplates: [NAME.NAMESPACE.svc]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: NAME
  namespace: NAMESPACE
data:
  gateway.hcl: |
CONFIGURATION
---
apiVersion: v1
kind: Service
metadata:
  name: NAME
  namespace: NAMESPACE
spec:
  selector: {app.kubernetes.io/instance: NAME}
  ports:
  - {port: 8443}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: NAME
  namespace: NAMESPACE
spec:
  replicas: 1
  selector:
    matchLabels: {app.kubernetes.io/instance: NAME, app.kubernetes.io/name: agent-gateway}
  template:
    metadata:
      labels: {app.kubernetes.io/instance: NAME, app.kubernetes.io/name: agent-gateway}
    spec:
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532}
      containers:
      - name: gateway
        image: IMAGE
        imagePullPolicy: IfNotPresent
        args: [serve, -config, /etc/agent-gateway/gateway.hcl]
        readinessProbe:
          tcpSocket: {port: 8443}
          periodSeconds: 1
        volumeMounts:
        - {name: config, mountPath: /etc/agent-gateway}
        - {name: spire, mountPath: /run/spire/sockets, readOnly: true}
      volumes:
      - name: config
        configMap: {name: NAME}
      - name: spire
        hostPath: {path: /run/spire/agent-sockets, type: Directory}
`
