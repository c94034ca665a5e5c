// Projects of which the tests take the CustomResourceDefinitions alone, as their modules ship them.
module github.com/agentward/terraform-provider-agent/acctest/tools/crds

go 1.26.0

require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.1
	sigs.k8s.io/gateway-api-inference-extension v1.5.0
	sigs.k8s.io/lws v0.8.0
)
