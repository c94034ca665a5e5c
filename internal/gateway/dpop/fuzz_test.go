package dpop_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

// Whatever a proof holds, it is refused with a code or it is, byte for byte, one that was signed for this request.
func FuzzVerify(f *testing.F) {
	good := newForge(f)
	request := good.present(f)
	f.Add(request.Proofs[0], url)
	f.Add("", "")
	f.Add("e30.e30.e30", "https://[::1]/%2e%2e")
	f.Add(strings.Repeat(".", 20), "https://a:443")
	f.Fuzz(func(t *testing.T, proof, target string) {
		r := request
		r.Proofs = []string{proof}
		_, err := verifier(t, nil).Verify(t.Context(), r)
		var e *dpop.Error
		switch {
		case err == nil && proof != request.Proofs[0]:
			t.Errorf("took %q", proof)
		case err != nil && !errors.As(err, &e):
			t.Errorf("refused without a code: %v", err)
		}
		if normal, err := dpop.Target(target); err == nil {
			if again, err := dpop.Target(normal); err != nil || again != normal {
				t.Errorf("the normal form of %q is %q, and of that %q (%v)", target, normal, again, err)
			}
		}
	})
}
