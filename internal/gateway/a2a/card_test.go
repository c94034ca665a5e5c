package a2a

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	sdk "github.com/a2aproject/a2a-go/v2/a2a"
	"github.com/go-jose/go-jose/v4"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

const plainCard = `{"name":"bank","description":"","version":"1","capabilities":{"streaming":true,"pushNotifications":false},
 "supportedInterfaces":[{"url":"http://agent:1/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0"},
  {"url":"http://agent:1/rest","protocolBinding":"HTTP+JSON","protocolVersion":"1.0","tenant":"acme"},
  {"url":"agent:1","protocolBinding":"GRPC","protocolVersion":"1.0"},{"url":"http://agent:1/ws","protocolBinding":"WS","protocolVersion":"1.0"}],
 "defaultInputModes":["text/plain"],"defaultOutputModes":[],
 "securitySchemes":{"key":{"apiKeySecurityScheme":{"location":"header","name":"X-Key"}}},
 "skills":[{"id":"refund","name":"Refund","description":"","tags":["money","back"]},{"id":"report","name":"Report","tags":[]}],
 "vendor":{"kept":true}}`

// signer is a key pair of the agent's.
type signer struct {
	key *ecdsa.PrivateKey
	id  string
}

func newSigner(t *testing.T, id string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{key, id}
}

func (s signer) keys(t *testing.T) Keys {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.key.Public(), KeyID: s.id, Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := token.ParseJWKS(set)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// sign gives the card with a signature of a payload.
func (s signer) sign(t *testing.T, payload []byte, o *jose.SignerOptions) string {
	t.Helper()
	maker, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: s.id}}, o.WithType("JOSE"))
	if err != nil {
		t.Fatal(err)
	}
	jws, err := maker.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(text, ".")
	signed, err := json.Marshal([]any{map[string]any{"protected": parts[0], "signature": parts[2]}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(plainCard, "}") + `,"signatures":` + string(signed) + `}`
}

// payloads are what signers sign of a card: all of it, as the specification has it; and what SDKs make of it.
func payloads(t *testing.T) (all, known []byte) {
	t.Helper()
	members, err := decode([]byte(plainCard))
	if err != nil {
		t.Fatal(err)
	}
	if all, err = canonical(members); err != nil {
		t.Fatal(err)
	}
	n, err := normal(members)
	if err == nil {
		known, err = canonical(n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all, known
}

func TestACardIsWhatWasSigned(t *testing.T) {
	mine, other := newSigner(t, "mine"), newSigner(t, "mine")
	all, known := payloads(t)
	jku := (&jose.SignerOptions{}).WithHeader("jku", "https://evil.example/keys")
	for name, c := range map[string]struct {
		card   string
		refuse string // "" for a card that is taken
		vendor bool   // what only the whole card holds is there
	}{
		"all of it is signed":              {mine.sign(t, all, &jose.SignerOptions{}), "", true},
		"what SDKs sign":                   {mine.sign(t, known, &jose.SignerOptions{}), "", false},
		"a URL of keys is not asked":       {mine.sign(t, all, jku), "", true},
		"no signature":                     {plainCard, "has no signature", false},
		"a key that is not configured":     {other.sign(t, all, jku), "not valid", false},
		"a key of another name":            {newSigner(t, "theirs").sign(t, all, jku), "no such key", false},
		"a card that was changed":          {strings.Replace(mine.sign(t, all, &jose.SignerOptions{}), "agent:1/rpc", "evil:1/rpc", 1), "not valid", false},
		"what SDKs sign, changed":          {strings.Replace(mine.sign(t, known, &jose.SignerOptions{}), "Refund", "Evil", 1), "not valid", false},
		"a skill that was added":           {strings.Replace(mine.sign(t, all, &jose.SignerOptions{}), `"skills":[`, `"skills":[{"id":"x"},`, 1), "not valid", false},
		"a key that is there twice":        {strings.Replace(mine.sign(t, all, &jose.SignerOptions{}), `"skills":[`, `"skills":[],"skills":[`, 1), "twice", false},
		"a member in another case":         {strings.Replace(mine.sign(t, all, &jose.SignerOptions{}), `"version"`, `"Skills":[],"version"`, 1), "letter case", false},
		"a member that nobody knows added": {strings.Replace(mine.sign(t, known, &jose.SignerOptions{}), `"kept":true`, `"kept":false`, 1), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			card, err := ParseCard([]byte(c.card), mine.keys(t), jsonscan.Limits{})
			if c.refuse != "" {
				if err == nil || !strings.Contains(err.Error(), c.refuse) {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := card.members["vendor"]; ok != c.vendor {
				t.Errorf("%v", card.members)
			}
			if s, ok := card.Skill("refund"); !ok || strings.Join(s.Tags, ",") != "back,money" {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestTheGatewaysFaceOfACard(t *testing.T) {
	own, err := NewSigner(shared.Of([]byte(strings.Repeat("s", MinSecret))), "https://gateway.example/keys")
	if err != nil {
		t.Fatal(err)
	}
	face := Face{
		URLs: map[Binding]string{JSONRPC: "https://gateway.example/bank", GRPC: "gateway.example:443"}, MTLS: true, TokenURL: "https://gateway.example/oauth/token",
		Shows: func(s Skill) bool { return s.ID != "refund" }, Signer: own,
	}
	card, err := ParseCard([]byte(plainCard), nil, jsonscan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	text, tag, err := card.Shown(face)
	if err != nil {
		t.Fatal(err)
	}
	var shown sdk.AgentCard
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatal(err)
	}
	if len(shown.SupportedInterfaces) != 2 || shown.SupportedInterfaces[0].URL != "https://gateway.example/bank" || shown.SupportedInterfaces[1].URL != "gateway.example:443" {
		t.Errorf("interfaces: %s", text)
	}
	if len(shown.Skills) != 1 || shown.Skills[0].ID != "report" || strings.Contains(string(text), "efund") {
		t.Errorf("skills: %s", text)
	}
	if _, ok := shown.SecuritySchemes["mtls"].(sdk.MutualTLSSecurityScheme); !ok || len(shown.SecuritySchemes) != 2 {
		t.Errorf("security: %+v", shown.SecuritySchemes)
	}
	if !strings.Contains(string(text), `"vendor":{"kept":true}`) {
		t.Errorf("what is not known is gone: %s", text)
	}
	// Whoever reads the card at the gateway verifies it as the gateway verifies agents'.
	set, err := own.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := token.ParseJWKS(set)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCard(text, keys, jsonscan.Limits{}); err != nil {
		t.Error(err)
	}
	again, same, err := card.Shown(face)
	if err != nil || same != tag || string(again) == string(text) {
		t.Errorf("tags %s and %s, %v", tag, same, err)
	}
	face.Shows = func(Skill) bool { return true }
	if _, other, err := card.Shown(face); err != nil || other == tag {
		t.Errorf("another card has the tag %s, %v", other, err)
	}
	face.URLs = map[Binding]string{}
	if _, _, err := card.Shown(face); err == nil {
		t.Error("a card without an interface was shown")
	}
}

func TestACardOfVersion03(t *testing.T) {
	const old = `{"protocolVersion":"0.3.0","name":"bank","url":"http://agent:1/","preferredTransport":"HTTP+JSON",
 "additionalInterfaces":[{"transport":"JSONRPC","url":"http://agent:1/rpc"},{"transport":"HTTP+JSON","url":"http://agent:1/"}],
 "securitySchemes":{"k":{"type":"apiKey","in":"header","name":"x"}},"security":[{"k":[]}],"skills":[{"id":"a","name":"A","description":"","tags":["x"],"security":[{"k":[]}]}]}`
	card, err := ParseCard([]byte(old), nil, jsonscan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	text, _, err := card.Shown(Face{URLs: map[Binding]string{JSONRPC: "https://g/bank"}, MTLS: true, Shows: func(Skill) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]any
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatal(err)
	}
	if shown["url"] != "https://g/bank" || shown["preferredTransport"] != "JSONRPC" || strings.Contains(string(text), "agent:1") || strings.Contains(string(text), `"k"`) {
		t.Errorf("%s", text)
	}
	if scheme, _ := shown["securitySchemes"].(map[string]any)["mtls"].(map[string]any); scheme["type"] != "mutualTLS" {
		t.Errorf("%s", text)
	}
	if _, _, err := card.Shown(Face{URLs: map[Binding]string{JSONRPC: "https://g"}, Versions: []string{Version10}, Shows: func(Skill) bool { return true }}); err == nil {
		t.Error("a card of a version that is not served was shown")
	}
}

func TestALocalCardLeadsToTheSidecar(t *testing.T) {
	text, err := Local([]byte(plainCard), map[string]string{"http://agent:1/rpc": "http://127.0.0.1:7", "agent:1": "127.0.0.1:7"})
	if err != nil {
		t.Fatal(err)
	}
	var card sdk.AgentCard
	if err := json.Unmarshal(text, &card); err != nil {
		t.Fatal(err)
	}
	urls := map[string]bool{}
	for _, i := range card.SupportedInterfaces {
		urls[i.URL] = true
	}
	if !maps.Equal(urls, map[string]bool{"http://127.0.0.1:7": true, "127.0.0.1:7": true}) || len(card.SecuritySchemes) > 0 {
		t.Errorf("%s", text)
	}
	if _, err := Local([]byte(plainCard), map[string]string{"http://other": "http://127.0.0.1:7"}); err == nil {
		t.Error("a card of another target was taken")
	}
}

func TestACardIsSignedWithOneKeyAndThoseOfEverySecretArePublished(t *testing.T) {
	start := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	clock := start
	first, second := []byte(strings.Repeat("1", MinSecret)), []byte(strings.Repeat("2", MinSecret))
	secrets := shared.Follow(shared.Of(first), [][]byte{second, first}, func() time.Time { return clock })
	own, err := NewSigner(secrets, "")
	if err != nil {
		t.Fatal(err)
	}
	card, err := ParseCard([]byte(plainCard), nil, jsonscan.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	verifies := func(text []byte, of ...[]byte) bool {
		published, err := NewSigner(shared.Of(of...), "")
		if err != nil {
			t.Fatal(err)
		}
		set, err := published.JWKS()
		if err != nil {
			t.Fatal(err)
		}
		keys, err := token.ParseJWKS(set)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseCard(text, keys, jsonscan.Limits{})
		return err == nil
	}
	for _, step := range []struct {
		after time.Duration
		by    []byte
	}{{0, first}, {shared.SettleTime, second}} {
		clock = start.Add(step.after)
		text, _, err := card.Shown(Face{URLs: map[Binding]string{JSONRPC: "https://gateway.example/bank"}, Shows: func(Skill) bool { return true }, Signer: own})
		if err != nil {
			t.Fatal(err)
		}
		if !verifies(text, step.by) || !verifies(text, second, first) {
			t.Errorf("after %s the card is not signed with the key of %q, or a replica does not know it", step.after, step.by[:1])
		}
	}
}
