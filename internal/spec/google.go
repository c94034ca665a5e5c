package spec

// Stack is what a layer renders to.
type Stack string

// The stacks.
const (
	// OSS is the open-source stack: SPIRE, the agent-gateway, Kyverno.
	OSS Stack = "oss"
	// GCP is Google's own services.
	GCP Stack = "gcp"
)

// GoogleProject says where in Google Cloud something is.
type GoogleProject struct {
	ID     string // "acme-agents"
	Number string // decimal; "" where nothing needs it: principals and references to connectivity templates do
	// Location is a region ("us-central1"), a multi-region or "global".
	Location string
}
