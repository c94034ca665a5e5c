package server

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/gowebpki/jcs"
	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"
)

// trusting is a client that knows the gateway and shows nothing of its own.
func (g *gateway) trusting() *http.Client {
	g.t.Helper()
	o := g.options("nobody")
	config := tlsconfig.TLSClientConfig(o.Bundles, o.Gateway)
	config.MinVersion = tls.VersionTLS13
	transport := &http.Transport{TLSClientConfig: config}
	g.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// verifyWithJOSE verifies a card's signatures by the specification's words alone: the card without its signatures, in RFC 8785's form, as
// the payload of a JWS.
func verifyWithJOSE(t *testing.T, card, keys []byte) {
	t.Helper()
	var set jose.JSONWebKeySet
	var members map[string]json.RawMessage
	var signatures []struct{ Protected, Signature string }
	for _, err := range []error{json.Unmarshal(keys, &set), json.Unmarshal(card, &members), json.Unmarshal(members["signatures"], &signatures)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	delete(members, "signatures")
	bare, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := jcs.Transform(bare)
	if err != nil {
		t.Fatal(err)
	}
	good := 0
	for _, s := range signatures {
		for _, signed := range [][]byte{payload, append([]byte(" "), payload...)} {
			jws, err := jose.ParseDetached(s.Protected+".."+s.Signature, signed, []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				t.Fatal(err)
			}
			switch _, err := jws.Verify(&set); {
			case err == nil && signed[0] == ' ':
				t.Error("another card has the signature too")
			case err == nil:
				good++
			}
		}
	}
	if good == 0 {
		t.Errorf("no signature of %s is valid", card)
	}
}
