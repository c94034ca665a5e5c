package principal

import (
	"slices"
	"testing"
)

func TestParseCombination(t *testing.T) {
	for text, want := range map[string]Combination{
		"mtls":          {MTLS},
		"mtls+dpop":     {DPoP, MTLS},
		"dpop+mtls":     {DPoP, MTLS},
		"jwt":           {JWT},
		"cert-bound":    {CertBound},
		"mtls+jwt-svid": {JWTSVID, MTLS},
		"did":           {DID},
		"loopback+dpop": {DPoP, Loopback},
	} {
		got, err := ParseCombination(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
		if again, err := ParseCombination(got.String()); err != nil || !slices.Equal(again, got) {
			t.Errorf("%q is written as %q", text, got)
		}
	}
	for _, bad := range []string{"", "+", "mtls+", "MTLS", "basic", "mtls+mtls", "mtls dpop", "jwt+jwt-svid", "dpop+did", "did+jwt-svid", "loopback+mtls", "loopback+cert-bound"} {
		if c, err := ParseCombination(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, c)
		}
	}
}

func TestProvenNeedsEveryPart(t *testing.T) {
	for name, c := range map[string]struct {
		combination Combination
		proven      []string
		want        bool
	}{
		"all of it":              {Combination{DPoP, MTLS}, []string{DPoP, JWT, MTLS}, true},
		"a part is missing":      {Combination{DPoP, MTLS}, []string{MTLS}, false},
		"nothing was proven":     {Combination{MTLS}, nil, false},
		"nothing is asked for":   {nil, []string{MTLS}, false},
		"a name that begins so":  {Combination{JWT}, []string{JWTSVID}, false},
		"more than is asked for": {Combination{JWT}, []string{CertBound, JWT, MTLS}, true},
	} {
		if got := c.combination.Proven(c.proven); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
