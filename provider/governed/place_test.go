package governed

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func TestAProjectOfItsOwnHasNotTheProvidersNumber(t *testing.T) {
	provider := &Provider{Google: spec.GoogleProject{ID: "acme-agents", Number: "42", Location: "us-central1"}}
	for own, want := range map[spec.GoogleProject]spec.GoogleProject{
		{}:                                   {ID: "acme-agents", Number: "42", Location: "us-central1"},
		{ID: "acme-agents"}:                  {ID: "acme-agents", Number: "42", Location: "us-central1"},
		{ID: "other-agents"}:                 {ID: "other-agents", Location: "us-central1"},
		{ID: "other-agents", Number: "7"}:    {ID: "other-agents", Number: "7", Location: "us-central1"},
		{Location: "global", Number: "4711"}: {ID: "acme-agents", Number: "4711", Location: "global"},
	} {
		if got := provider.Place(own); got != want {
			t.Errorf("%+v is at %+v, want %+v", own, got, want)
		}
	}
	if own := (spec.GoogleProject{Location: "global"}); (*Provider)(nil).Place(own) != own {
		t.Error("without a provider something is added")
	}
}
