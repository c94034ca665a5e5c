package main

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

// asked runs a command as a test in a cluster does.
func asked[A any](t *testing.T, command, request string) A {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), command, strings.NewReader(request), &out); err != nil {
		t.Fatal(err)
	}
	var a A
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func text(t *testing.T, of any) string {
	t.Helper()
	b, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A proof is good unless something is to be wrong with it, and then that alone is.
func TestProofsAreWrongInTheWayThatIsAskedFor(t *testing.T) {
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	own, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	pemKey := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	memory, err := store.NewMemory(100, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := dpop.NewVerifier(dpop.Options{Store: memory, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var target *httptest.Server
	target = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := verifier.Verify(r.Context(), dpop.Request{
			Proofs: r.Header.Values(dpop.Header), Method: r.Method, URL: target.URL + r.URL.Path,
			Token: strings.TrimPrefix(r.Header.Get("Authorization"), "DPoP "), Thumbprint: own.Thumbprint(),
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
		}
	}))
	defer target.Close()
	call := probe.Call{Method: "POST", URL: target.URL + "/bank?x=1", Anonymous: true, Access: &probe.Access{Token: "token", Scheme: "DPoP", Key: pemKey}}
	made := func(p *probe.Proof) *probe.Answer {
		c := call
		c.Proof = p
		return asked[*probe.Answer](t, probe.MakeCall, text(t, c))
	}
	good := made(nil)
	if good.Status != http.StatusOK {
		t.Fatalf("%+v", good)
	}
	for name, c := range map[string]struct {
		proof probe.Proof
		want  string
	}{
		"none":           {probe.Proof{None: true}, "proof"},
		"seen before":    {probe.Proof{Raw: good.Proof}, "used"},
		"another key":    {probe.Proof{OtherKey: true}, "another key"},
		"another URL":    {probe.Proof{URL: target.URL + "/savings"}, "htu"},
		"another method": {probe.Proof{Method: "GET"}, "htm"},
	} {
		if a := made(&c.proof); a.Status != http.StatusUnauthorized || !strings.Contains(a.Body, c.want) {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
}

func TestWhoDoesNotAnswerIsTold(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	address := strings.TrimPrefix(closed.URL, "http://")
	if a := asked[probe.Answer](t, probe.MakeCall, text(t, probe.Call{Method: "GET", URL: closed.URL, Anonymous: true})); a.Status != 0 || a.Error == "" {
		t.Errorf("%+v", a)
	}
	if c := asked[probe.Connected](t, probe.Connect, text(t, probe.Connection{Address: address, Timeout: time.Second})); c.Connected || c.Error == "" {
		t.Errorf("%+v", c)
	}
	open := httptest.NewServer(nil)
	defer open.Close()
	address = strings.TrimPrefix(open.URL, "http://")
	if c := asked[probe.Connected](t, probe.Connect, text(t, probe.Connection{Address: address, Timeout: time.Second})); !c.Connected {
		t.Errorf("%+v", c)
	}
}

func TestWhatItDoesNotKnowIsAnError(t *testing.T) {
	for command, request := range map[string]string{"dance": "{}", probe.MakeCall: `{"Metod": "GET"}`} {
		if err := run(t.Context(), command, strings.NewReader(request), &bytes.Buffer{}); err == nil {
			t.Errorf("%s %s: no error", command, request)
		}
	}
}
