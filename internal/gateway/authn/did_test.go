package authn_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/authn"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// The key of RFC 8032 §7.1, test 1, and its did:key.
const (
	rfcKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
	rfcDID = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
)

func TestDID(t *testing.T) {
	key, err := hex.DecodeString(rfcKey)
	if err != nil {
		t.Fatal(err)
	}
	if got := authn.DID(key); got != rfcDID {
		t.Errorf("got %s, want %s", got, rfcDID)
	}
	got, err := authn.ParseDID(rfcDID)
	if err != nil || !got.Equal(ed25519.PublicKey(key)) {
		t.Errorf("got %x, %v, want %s", got, err, rfcKey)
	}
}

func TestParseDIDRefuses(t *testing.T) {
	for name, did := range map[string]string{
		"nothing":                         "",
		"no key":                          "did:key:z",
		"another method":                  "did:web:example.org",
		"another base":                    strings.Replace(rfcDID, ":z", ":u", 1),
		"a fragment":                      rfcDID + "#" + strings.TrimPrefix(rfcDID, "did:key:"),
		"a character that is not base58":  strings.Replace(rfcDID, "w", "0", 1),
		"a digit less":                    rfcDID[:len(rfcDID)-1],
		"a digit more":                    rfcDID + "1",
		"a zero before it":                strings.Replace(rfcDID, ":z", ":z1", 1),
		"another case":                    strings.ToUpper(rfcDID),
		"a key on P-256":                  "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",
		"a key on secp256k1":              "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme",
		"far more than any key":           "did:key:z" + strings.Repeat("6", 1<<16),
		"a line break at its end":         rfcDID + "\n",
		"a method name in another case":   strings.Replace(rfcDID, "key", "Key", 1),
		"white space before it":           " " + rfcDID,
		"the code of another kind of key": "did:key:z6LSbysY2xFMRpGMhb7tFTLMpeuPRaqaWM1yECx2AtzE3KCc",
	} {
		if key, err := authn.ParseDID(did); err == nil {
			t.Errorf("%s: taken as %x", name, key)
		}
	}
}

func FuzzParseDID(f *testing.F) {
	f.Add(rfcDID)
	f.Add("did:key:z")
	f.Fuzz(func(t *testing.T, did string) {
		if key, err := authn.ParseDID(did); err == nil && authn.DID(key) != did {
			t.Errorf("%q is taken as %x, which is %s", did, key, authn.DID(key))
		}
	})
}
