package server

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// A proxy's client has its token in Proxy-Authorization; the proof is for the method as it is sent and the target's URL at the gateway.
func TestAProxyTakesTokens(t *testing.T) {
	w := outside(t, "token_service {}")
	key, err := dpop.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := dpop.NewSigner(key, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	own := w.tls("a", "http/1.1") // tokens are bound to its certificate
	transport := &http.Transport{TLSClientConfig: own}
	defer transport.CloseIdleConnections()
	tokens := token.Client{HTTP: &http.Client{Transport: transport}, Endpoint: w.Origin("agents") + Issuer + "/token", Proofs: signer, Now: time.Now}
	for name, c := range map[string]struct {
		method, asked, resource, proven string
		bare                            bool
		want                            int
	}{
		"a tunnel":                         {"CONNECT", w.api, "/api", "CONNECT", false, http.StatusOK},
		"a tunnel without a token":         {"CONNECT", w.api, "/api", "CONNECT", true, http.StatusProxyAuthRequired},
		"a proof for another method":       {"CONNECT", w.api, "/api", "GET", false, http.StatusProxyAuthRequired},
		"a token for another target":       {"CONNECT", w.api, "/bank", "CONNECT", false, http.StatusProxyAuthRequired},
		"a request":                        {"POST", w.bank.URL + "/mcp", "/bank", "POST", false, http.StatusOK},
		"a request without a token":        {"POST", w.bank.URL + "/mcp", "/bank", "POST", true, http.StatusProxyAuthRequired},
		"a request, a token for elsewhere": {"POST", w.bank.URL + "/mcp", "/api", "POST", false, http.StatusProxyAuthRequired},
	} {
		t.Run(name, func(t *testing.T) {
			resource := w.Origin("agents") + c.resource
			access, err := tokens.Agent(t.Context(), resource)
			if err != nil {
				t.Fatal(err)
			}
			proof, err := signer.Proof(c.proven, resource, access.Token, "")
			if err != nil {
				t.Fatal(err)
			}
			credentials := fmt.Sprintf("Proxy-Authorization: %s %s\r\nDPoP: %s\r\n", access.Scheme, access.Token, proof)
			if c.bare {
				credentials = ""
			}
			connection, err := tls.Dial("tcp", strings.TrimPrefix(w.Origin("agents"), "https://"), own)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			body, host := transfer, strings.TrimPrefix(w.bank.URL, "http://")
			if c.method == http.MethodConnect {
				body, host = "", w.api
			}
			fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: %s\r\n%sAuthorization: Bearer for-the-target\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n%s",
				c.method, c.asked, host, credentials, len(body), body)
			response, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: c.method})
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != c.want {
				t.Errorf("got %d", response.StatusCode)
			}
			if c.want == http.StatusProxyAuthRequired && (response.Header.Get("Proxy-Authenticate") == "" || response.Header.Get("Www-Authenticate") != "") {
				t.Errorf("it is asked for by %v", response.Header)
			}
		})
	}
}

func TestTheGatewayGetsATokenOfATokenServiceByItsSVID(t *testing.T) {
	var seen string
	g := start(t, open, "", func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		done(w, r)
	})
	id := "spiffe://example.org" + Workload
	g.reaches(g.target, fmt.Sprintf(`credential "client_credentials" {
  token_url = %q
  client_id = %q
  resource  = %q
  tls {
    spiffe_ids  = [%q]
    client_svid = true
  }
}`, g.Origin("agents")+Issuer+"/token", id, g.Origin("agents")+"/bank", id))
	if response, body := g.post(g.agent("a"), transfer); response.StatusCode != http.StatusOK {
		t.Fatalf("got %d %s", response.StatusCode, body)
	}
	claims := assertion(t, strings.TrimPrefix(seen, "Bearer "))
	if claims["sub"] != id || claims["aud"] != g.Origin("agents")+"/bank" {
		t.Errorf("the token says %v", claims)
	}
}
