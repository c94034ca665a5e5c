package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/bundle"
	"github.com/agentward/terraform-provider-agent/internal/gateway/devauthority"
	"github.com/agentward/terraform-provider-agent/internal/gateway/svid"
)

// An authority of one trust domain signs an SVID with an ID of another: the file of the other domain does not hold it, whatever else is trusted.
func TestBundlesAreNotMerged(t *testing.T) {
	ours, theirs, imposter := authority(t, "ours.example"), authority(t, partner.Name()), authority(t, "ours.example")
	set := bundle.Set{
		ours.TrustDomain(): first(t, ours),
		partner:            spiffebundle.FromX509Authorities(partner, append(theirs.Bundle().X509Authorities(), imposter.Bundle().X509Authorities()...)),
	}
	v := svid.NewVerifier(set, time.Now)
	verify := func(a *devauthority.Authority, id string) error {
		s, err := a.Issue(spiffeid.RequireFromString(id))
		if err != nil {
			t.Fatal(err)
		}
		_, err = v.Verify(s.Certificates)
		return err
	}
	if err := verify(ours, "spiffe://ours.example/a"); err != nil {
		t.Errorf("our own is refused: %v", err)
	}
	if err := verify(theirs, "spiffe://partner.example/a"); err != nil {
		t.Errorf("the partner's own is refused: %v", err)
	}
	if err := verify(imposter, "spiffe://ours.example/a"); err == nil {
		t.Error("an authority in the partner's bundle speaks for our trust domain")
	}
	if got := set.Domains(); !slices.Equal(got, []string{"ours.example", "partner.example"}) {
		t.Errorf("trusted are %v", got)
	}
	if _, err := set.GetJWTBundleForTrustDomain(spiffeid.RequireTrustDomainFromString("other.example")); err == nil {
		t.Error("a trust domain that nobody named has keys")
	}
}

func TestLoad(t *testing.T) {
	a := authority(t, partner.Name())
	pem, err := a.Bundle().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ text, says string }{
		"certificates in PEM":           {string(pem), ""},
		"a SPIFFE bundle":               {document(t, a), ""},
		"a SPIFFE bundle after a blank": {"\n" + document(t, a), ""},
		"nothing":                       {"", "no certificate"},
		"no certificate but a key":      {"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "certificate"},
		"a bundle without an authority": {`{"keys":[]}`, "no authority"},
		"too much":                      {string(bytes.Repeat(pem, bundle.MaxSize/len(pem)+1)), "at most"},
	} {
		path := filepath.Join(t.TempDir(), "bundle")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Load(partner, path)
		if c.says == "" && (err != nil || len(b.X509Authorities()) != 1) || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s: got %v, want %q", name, err, c.says)
		}
	}
	if _, err := bundle.Load(partner, filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","use":"jwt-svid","kid":"a","crv":"P-256","x":"","y":""}],"spiffe_refresh_hint":1}`))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := bundle.Parse(partner, text)
		if (b == nil) == (err == nil) {
			t.Fatal("a bundle and an error, or neither")
		}
		if b != nil && (len(b.X509Authorities())+len(b.JWTAuthorities()) == 0 || b.TrustDomain() != partner) {
			t.Fatalf("%v verifies nothing, or for somebody else", b)
		}
	})
}
