package dpop_test

import (
	"context"
	"crypto/elliptic"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

func refused(t *testing.T, err error, code dpop.Code) {
	t.Helper()
	var e *dpop.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want it refused with %s", err, code)
	}
	if e.Code != code {
		t.Fatalf("refused with %v, want %s", err, code)
	}
	if strings.Contains(err.Error(), access) {
		t.Errorf("the error holds the token: %v", err)
	}
}

// Each of these is the proof of newForge with one thing wrong, so that it is that thing which is refused.
func TestForgeries(t *testing.T) {
	tests := []struct {
		name  string
		want  dpop.Code
		forge func(*testing.T, *forge)
	}{
		{"no header", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(string) []string { return nil } }},
		{"an empty header", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(string) []string { return []string{""} } }},
		{"two headers", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(p string) []string { return []string{p, p} } }},
		{"two proofs in one header", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.finish = func(p string) []string { return []string{p + ", " + p} }
		}},
		{"not a JWT", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(string) []string { return []string{"proof"} } }},
		{"JWS in JSON", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.finish = func(p string) []string {
				parts := strings.Split(p, ".")
				return []string{`{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`}
			}
		}},
		{"a fourth part", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(p string) []string { return []string{p + ".e30"} } }},
		{"no signature", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.finish = func(p string) []string { return []string{p[:strings.LastIndex(p, ".")+1]} }
		}},
		{"padded base64", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(p string) []string { return []string{p + "=="} } }},
		{"white space before it", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.finish = func(p string) []string { return []string{" " + p} } }},
		{"a line break in it", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.finish = func(p string) []string { return []string{p[:10] + "\n" + p[10:]} }
		}},
		{"the signature spelt otherwise", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.finish = func(p string) []string { // 64 bytes leave four bits of the last character unused
				last := p[len(p)-1]
				const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
				return []string{p[:len(p)-1] + string(alphabet[strings.IndexByte(alphabet, last)+1])}
			}
		}},
		{"too long", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["pad"] = strings.Repeat("a", 8<<10) }},
		{"typ of another JWT", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["typ"] = "JWT" }},
		{"typ of an access token", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["typ"] = "at+jwt" }},
		{"no typ", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.header, "typ") }},
		{"no alg", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.header, "alg") }},
		{"alg none", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.header["alg"] = "none"
			f.finish = func(p string) []string { return []string{p[:strings.LastIndex(p, ".")+1]} }
		}},
		{"alg none with a signature", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["alg"] = "none" }},
		{"alg HS256 under the public key", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.header["alg"] = "HS256"
			point, _ := f.key.PublicKey.Bytes()
			f.sign = hs256(point)
		}},
		{"alg HS256 under a symmetric jwk", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.header["alg"] = "HS256"
			f.header["jwk"] = map[string]any{"kty": "oct", "k": b64.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))}
			f.sign = hs256([]byte("0123456789abcdef0123456789abcdef"))
		}},
		{"alg in another case", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["alg"] = "es256" }},
		{"alg of another curve", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["alg"] = "ES384" }},
		{"alg of another kind of key", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["alg"] = "RS256" }},
		{"RSA key of 1024 bits", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rsaProof(t, 1024) }},
		{"no jwk", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.header, "jwk") }},
		{"jwk null", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["jwk"] = nil }},
		{"jwk with the private key", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			d, _ := f.key.Bytes()
			k := jwk(&f.key.PublicKey)
			k["d"] = b64.EncodeToString(d)
			f.header["jwk"] = k
		}},
		{"jwk with symmetric key material", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			k := jwk(&f.key.PublicKey)
			k["k"] = "c2VjcmV0"
			f.header["jwk"] = k
		}},
		{"jwk with a member twice", dpop.InvalidProof, func(t *testing.T, f *forge) {
			k := with(t, jwk(&f.key.PublicKey), `"kty":"EC"`)
			f.rawHeader = with(t, without(f.header, "jwk"), `"jwk":`+k)
		}},
		{"jwk of a point that is not on the curve", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			k := jwk(&f.key.PublicKey)
			k["y"] = k["x"]
			f.header["jwk"] = k
		}},
		{"only a kid", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.header["kid"] = thumbprint(&f.key.PublicKey)
			delete(f.header, "jwk")
		}},
		{"a critical extension", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.header["crit"] = []string{"b64"}
			f.header["b64"] = true
		}},
		{"a header member twice", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rawHeader = with(t, f.header, `"alg":"ES256"`) }},
		{"a header that is an array", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.rawHeader = `["ES256"]` }},
		{"data behind the header", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rawHeader = with(t, f.header, `"a":1`) + `{}` }},
		{"signed by another key", dpop.InvalidProof, func(t *testing.T, f *forge) { f.sign = es256(ecKey(t, elliptic.P256())) }},
		{"changed after signing", dpop.InvalidProof, func(t *testing.T, f *forge) {
			f.finish = func(p string) []string {
				parts := strings.Split(p, ".")
				parts[1] = encode(t, with(t, f.claims, `"extra":1`), nil)
				return []string{strings.Join(parts, ".")}
			}
		}},
		{"signature all zero", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.sign = func([]byte) []byte { return make([]byte, 64) } }},
		{"signature in ASN.1", dpop.InvalidProof, func(_ *testing.T, f *forge) {
			f.sign = func(input []byte) []byte { return append([]byte{0x30, 0x44, 0x02, 0x20}, es256(f.key)(input)...) }
		}},
		{"an Ed25519 signature of something else", dpop.InvalidProof, func(t *testing.T, f *forge) {
			f.ed25519Proof(t)
			f.header["alg"] = "Ed25519"
			sign := f.sign
			f.sign = func(input []byte) []byte { return sign(append(input, '.')) }
		}},
		{"an ECDSA key as Ed25519", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.header["alg"] = "Ed25519" }},
		{"no jti", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.claims, "jti") }},
		{"an empty jti", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["jti"] = "" }},
		{"jti a number", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["jti"] = 1 }},
		{"a very long jti", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["jti"] = strings.Repeat("a", 257) }},
		{"no htm", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.claims, "htm") }},
		{"another method", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htm"] = "GET" }},
		{"the method in another case", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htm"] = "post" }},
		{"HTM for htm", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["HTM"] = f.claims["htm"]; delete(f.claims, "htm") }},
		{"htm twice", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rawClaims = with(t, f.claims, `"htm":"POST"`) }},
		{"no htu", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.claims, "htu") }},
		{"another host", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://other.example.org/mcp" }},
		{"a host that begins alike", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://gateway.example.org.evil.example/mcp" }},
		{"the host as user", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://gateway.example.org@evil.example/mcp" }},
		{"another scheme", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "http://gateway.example.org/mcp" }},
		{"another port", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://gateway.example.org:8443/mcp" }},
		{"another path", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://gateway.example.org/mcp/x" }},
		{"the path in another case", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "https://gateway.example.org/MCP" }},
		{"a path alone", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = "/mcp" }},
		{"a very long htu", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["htu"] = url + "?" + strings.Repeat("a", 3000) }},
		{"no iat", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.claims, "iat") }},
		{"iat null", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["iat"] = nil }},
		{"iat a string", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["iat"] = "1760000000" }},
		{"iat negative", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["iat"] = -1 }},
		{"iat that overflows", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rawClaims = with(t, without(f.claims, "iat"), `"iat":1e300`) }},
		{"iat a second too old", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["iat"] = at.Add(-dpop.DefaultWindow).Unix() - 1 }},
		{"iat a second too far ahead", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["iat"] = at.Add(dpop.DefaultWindow).Unix() + 1 }},
		{"no ath", dpop.InvalidProof, func(_ *testing.T, f *forge) { delete(f.claims, "ath") }},
		{"ath of another token", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["ath"] = hash("another") }},
		{"ath in hexadecimal", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["ath"] = strings.Repeat("ab", 32) }},
		{"ath padded", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.claims["ath"] = hash(access) + "=" }},
		{"claims that are not UTF-8", dpop.InvalidProof, func(t *testing.T, f *forge) { f.rawClaims = with(t, f.claims, "\"a\":\"\xff\"") }},
		{"claims that are an array", dpop.InvalidProof, func(_ *testing.T, f *forge) { f.rawClaims = `[]` }},
		{"another key than the token's", dpop.InvalidToken, func(t *testing.T, f *forge) {
			f.request.Thumbprint = thumbprint(&ecKey(t, elliptic.P256()).PublicKey)
		}},
		{"a token that is bound to no key", dpop.InvalidToken, func(_ *testing.T, f *forge) { f.request.Thumbprint = "" }},
	}
	if len(tests) < 40 {
		t.Fatalf("%d forgeries, want 40", len(tests))
	}
	v := verifier(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := v.Verify(t.Context(), newForge(t).present(t)); err != nil {
				t.Fatalf("the control was refused: %v", err)
			}
			f := newForge(t)
			test.forge(t, f)
			_, err := v.Verify(t.Context(), f.present(t))
			refused(t, err, test.want)
		})
	}
}

func TestProofsThatMustPass(t *testing.T) {
	tests := []struct {
		name  string
		forge func(*testing.T, *forge)
	}{
		{"typ in full and in another case", func(_ *testing.T, f *forge) { f.header["typ"] = "application/DPoP+JWT" }},
		{"htu with query and fragment", func(_ *testing.T, f *forge) { f.claims["htu"] = url + "?a=b#c" }},
		{"the request with a query", func(_ *testing.T, f *forge) { f.request.URL = url + "?a=b" }},
		{"scheme and host in upper case, and the default port", func(_ *testing.T, f *forge) { f.claims["htu"] = "HTTPS://Gateway.Example.ORG:443/mcp" }},
		{"iat with a fraction", func(t *testing.T, f *forge) { f.rawClaims = with(t, without(f.claims, "iat"), `"iat":1760000000.75`) }},
		{"iat as old as allowed", func(_ *testing.T, f *forge) { f.claims["iat"] = at.Add(-dpop.DefaultWindow).Unix() }},
		{"iat as far ahead as allowed", func(_ *testing.T, f *forge) { f.claims["iat"] = at.Add(dpop.DefaultWindow).Unix() }},
		{"claims that are not known", func(_ *testing.T, f *forge) { f.claims["exp"] = 1 }},
		{"a jwk with a kid", func(_ *testing.T, f *forge) {
			k := jwk(&f.key.PublicKey)
			k["kid"], k["use"], k["alg"] = "a", "sig", "ES256"
			f.header["jwk"] = k
		}},
		{"an RSA key of 2048 bits", func(t *testing.T, f *forge) { f.rsaProof(t, 2048) }},
		{"an Ed25519 key", func(t *testing.T, f *forge) { f.ed25519Proof(t) }},
		{"an Ed25519 key by the name of RFC 9864", func(t *testing.T, f *forge) {
			f.ed25519Proof(t)
			f.header["alg"] = "Ed25519"
		}},
		{"no token, as at the token endpoint", func(_ *testing.T, f *forge) {
			f.request.Token, f.request.Thumbprint = "", ""
			delete(f.claims, "ath")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newForge(t)
			test.forge(t, f)
			if _, err := verifier(t, nil).Verify(t.Context(), f.present(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProofIsUsedOnce(t *testing.T) {
	v := verifier(t, nil)
	f := newForge(t)
	r := f.present(t)
	proof, err := v.Verify(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if want := thumbprint(&f.key.PublicKey); proof.Thumbprint != want {
		t.Errorf("thumbprint is %s, want %s", proof.Thumbprint, want)
	}
	_, err = v.Verify(t.Context(), r)
	refused(t, err, dpop.InvalidProof)

	// The same jti signed anew is the same proof; that of another key, or for another URL, is another's business.
	f.claims["iat"] = at.Unix() - 1
	_, err = v.Verify(t.Context(), f.present(t))
	refused(t, err, dpop.InvalidProof)
	other := newForge(t)
	other.claims["jti"] = f.claims["jti"]
	if _, err := v.Verify(t.Context(), other.present(t)); err != nil {
		t.Errorf("the jti of another key was refused: %v", err)
	}
	f.claims["htu"], f.request.URL = url+"/x", url+"/x"
	if _, err := v.Verify(t.Context(), f.present(t)); err != nil {
		t.Errorf("the jti of another URL was refused: %v", err)
	}
}

func TestRefusedProofIsNotUsedUp(t *testing.T) {
	v := verifier(t, nil)
	f := newForge(t)
	right := f.request.Thumbprint
	f.request.Thumbprint = "another"
	_, err := v.Verify(t.Context(), f.present(t))
	refused(t, err, dpop.InvalidToken)
	f.request.Thumbprint = right
	if _, err := v.Verify(t.Context(), f.present(t)); err != nil {
		t.Errorf("a proof was used up by a request that was refused: %v", err)
	}
}

// away is a store that cannot be reached.
type away struct{}

var errAway = errors.New("connection refused")

func (away) Seen(context.Context, string, time.Time) (bool, error) { return false, errAway }

func TestStoreThatIsAwayRefuses(t *testing.T) {
	v := verifier(t, func(o *dpop.Options) { o.Store = away{} })
	_, err := v.Verify(t.Context(), newForge(t).present(t))
	refused(t, err, dpop.Unavailable)
	if !errors.Is(err, errAway) {
		t.Errorf("%v does not say what failed", err)
	}
}

func TestAlgorithms(t *testing.T) {
	v := verifier(t, func(o *dpop.Options) { o.Algorithms = []jose.SignatureAlgorithm{jose.ES384, jose.EdDSA} })
	if got, want := v.Algorithms(), "ES384 EdDSA"; got != want {
		t.Errorf("advertised are %q, want %q", got, want)
	}
	_, err := v.Verify(t.Context(), newForge(t).present(t))
	refused(t, err, dpop.InvalidProof)
	for _, symmetric := range []jose.SignatureAlgorithm{jose.HS256, "none", ""} {
		if _, err := dpop.NewVerifier(dpop.Options{Store: away{}, Now: now, Algorithms: []jose.SignatureAlgorithm{symmetric}}); err == nil {
			t.Errorf("algorithm %q could be allowed", symmetric)
		}
	}
}

// RFC 9449, figures 2 and 13, with the key's thumbprint of figure 9 and the token of figure 13.
func TestExamplesOfTheRFC(t *testing.T) {
	const header = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
	const rfcThumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
	tests := []struct {
		name    string
		at      int64
		request dpop.Request
	}{
		{"token request", 1562262616, dpop.Request{
			Method: "POST", URL: "https://server.example.com/token",
			Proofs: []string{header + ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"},
		}},
		{"protected resource request", 1562262618, dpop.Request{
			Method: "GET", URL: "https://resource.example.org/protectedresource",
			Token: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU", Thumbprint: rfcThumbprint,
			Proofs: []string{header + ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v := verifier(t, func(o *dpop.Options) { o.Now = func() time.Time { return time.Unix(test.at, 0) } })
			proof, err := v.Verify(t.Context(), test.request)
			if err != nil {
				t.Fatal(err)
			}
			if proof.Thumbprint != rfcThumbprint {
				t.Errorf("thumbprint is %s, want %s", proof.Thumbprint, rfcThumbprint)
			}
		})
	}
	if got, want := dpop.TokenHash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"; got != want {
		t.Errorf("ath is %s, want %s", got, want)
	}
}
