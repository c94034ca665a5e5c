package compact_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/compact"
)

func part(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestParse(t *testing.T) {
	const header, payload = `{"alg":"ES256","typ":"a+jwt","kid":"1"}`, `{"a":1}`
	for name, test := range map[string]struct{ raw, want string }{
		"a token":                       {part(header) + "." + part(payload) + ".YQ", ""},
		"too long":                      {part(header) + "." + part(strings.Repeat(" ", 1000)) + ".YQ", "longer than"},
		"two parts":                     {part(header) + "." + part(payload), "three parts"},
		"four parts":                    {part(header) + "." + part(payload) + ".YQ.YQ", "three parts"},
		"an empty payload":              {part(header) + "..YQ", "three parts"},
		"an empty signature":            {part(header) + "." + part(payload) + ".", "three parts"},
		"a header that is not base64":   {"!." + part(payload) + ".YQ", "header: not base64url"},
		"a header that is not JSON":     {part("{") + "." + part(payload) + ".YQ", "header: not the JSON"},
		"a header that is null":         {part("null") + "." + part(payload) + ".YQ", "header: not a JSON object"},
		"a line break":                  {part(header) + "." + part(payload)[:2] + "\n" + part(payload)[2:] + ".YQ", "payload: line break"},
		"a signature with unused bits":  {part(header) + "." + part(payload) + ".YR", "signature: not base64url"},
		"a critical extension":          {part(`{"alg":"ES256","crit":["exp"]}`) + "." + part(payload) + ".YQ", "critical"},
		"critical extensions, but none": {part(`{"alg":"ES256","crit":[]}`) + "." + part(payload) + ".YQ", "critical"},
		"another algorithm":             {part(`{"alg":"RS256"}`) + "." + part(payload) + ".YQ", "not allowed"},
		"an algorithm twice":            {part(`{"alg":"ES256","alg":"ES256"}`) + "." + part(payload) + ".YQ", "duplicate"},
		"an algorithm in another case":  {part(`{"Alg":"ES256"}`) + "." + part(payload) + ".YQ", "not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := compact.Parse(test.raw, 500, []jose.SignatureAlgorithm{jose.ES256})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func TestIsType(t *testing.T) {
	for typ, want := range map[string]bool{
		"at+jwt": true, "AT+JWT": true, "application/at+jwt": true, "Application/At+Jwt": true,
		"": false, "JWT": false, "text/at+jwt": false, "application/application/at+jwt": false, "at+jwt;v=1": false,
	} {
		if got := (compact.Header{Type: typ}).IsType("at+jwt"); got != want {
			t.Errorf("%q is at+jwt: %v, want %v", typ, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "1760000000": 1760000000, "1760000000.9": 1760000000, "1.76e9": 1760000000, "253402300799": 253402300799} {
		var d compact.Date
		if err := json.Unmarshal([]byte(in), &d); err != nil || !d.Time().Equal(time.Unix(want, 0)) {
			t.Errorf("%s is %v, %v", in, d, err)
		}
	}
	for _, in := range []string{"-1", "253402300800", "1e300", `"1"`, "true", "[]"} {
		var d compact.Date
		if err := json.Unmarshal([]byte(in), &d); err == nil {
			t.Errorf("%s is taken as %d", in, d)
		}
	}
	if d := compact.NewDate(time.Unix(5, 999)); d != 5 {
		t.Errorf("a time within second 5 is %d", d)
	}
}

func TestThumbprintOfRFC7638(t *testing.T) {
	key, err := compact.PublicJWK([]byte(`{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := compact.Thumbprint(key.Key)
	if want := "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := compact.Thumbprint([]byte("secret")); err == nil {
		t.Error("a symmetric key has a thumbprint")
	}
}

func TestFits(t *testing.T) {
	key := func(c elliptic.Curve) *ecdsa.PublicKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return &k.PublicKey
	}
	curves := map[jose.SignatureAlgorithm]*ecdsa.PublicKey{jose.ES256: key(elliptic.P256()), jose.ES384: key(elliptic.P384()), jose.ES512: key(elliptic.P521())}
	for own, k := range curves {
		for _, algorithm := range append([]jose.SignatureAlgorithm{"none", jose.HS256}, compact.Asymmetric...) {
			if got := compact.Fits(algorithm, k) == nil; got != (algorithm == own) {
				t.Errorf("a key of %s fits %s: %v", own, algorithm, got)
			}
		}
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, algorithm := range compact.Asymmetric {
		if got, want := compact.Fits(algorithm, public) == nil, algorithm == jose.EdDSA || algorithm == compact.Ed25519; got != want {
			t.Errorf("an Ed25519 key fits %s: %v", algorithm, got)
		}
	}
	if compact.Fits(jose.HS256, []byte("secret")) == nil {
		t.Error("a symmetric key fits")
	}
}
