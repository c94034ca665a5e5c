package dpop_test

import (
	"context"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

// forgetful is a store that remembers nothing, so that one proof can be measured again and again.
type forgetful struct{}

func (forgetful) Seen(context.Context, string, time.Time) (bool, error) { return false, nil }

// One signature is verified for each proof, which is most of what a proof costs.
func BenchmarkVerify(b *testing.B) {
	v, err := dpop.NewVerifier(dpop.Options{Store: forgetful{}, Now: now})
	if err != nil {
		b.Fatal(err)
	}
	r := newForge(b).present(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), r); err != nil {
			b.Fatal(err)
		}
	}
}
