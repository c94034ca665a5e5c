package oauth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// loginTime is how long a person has to log in.
const loginTime = 5 * time.Minute

// login gets a token in which the agent acts for a person, who is led to the authorization server (authorization code with PKCE, RFC 7636;
// the answer comes to a port of loopback, RFC 8252 §7.3). A refresh token, where there was one, saves them the way.
func (t *Tokens) login(ctx context.Context, client *token.Client, form url.Values) (*token.Access, error) {
	if t.access != nil && t.access.Refresh != "" {
		refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {t.access.Refresh}, "resource": form["resource"]}
		if access, err := client.Grant(ctx, refresh); err == nil {
			if access.Refresh == "" {
				access.Refresh = t.access.Refresh
			}
			return access, nil
		}
	}
	if _, err := fetchable(t.server.Authorization); err != nil {
		return nil, fmt.Errorf("authorization_endpoint: %w", err)
	}
	if !slices.Contains(t.server.Challenges, "S256") {
		return nil, errors.New("it does not say that it checks who brings a code (PKCE with S256), and others could bring it")
	}
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a := &answers{state: rand.Text(), came: make(chan url.Values, 1)}
	endpoint := &http.Server{Handler: a, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = endpoint.Serve(on) }() // until it is closed
	defer endpoint.Close()

	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	redirect := "http://" + on.Addr().String() + callback
	ask := url.Values{
		"response_type": {"code"}, "client_id": {t.o.ClientID}, "redirect_uri": {redirect}, "state": {a.state},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"}, "resource": form["resource"],
	}
	if client.Proofs != nil {
		ask.Set("dpop_jkt", t.o.Proofs.Thumbprint()) // RFC 9449 §10
	}
	if form.Has("scope") {
		ask["scope"] = form["scope"]
	}
	t.o.Login(with(t.server.Authorization, ask))

	ctx, cancel := context.WithTimeout(ctx, loginTime)
	defer cancel()
	var answer url.Values
	select {
	case answer = <-a.came:
	case <-ctx.Done():
		return nil, fmt.Errorf("nobody has logged in: %w", ctx.Err())
	}
	code, err := t.code(answer)
	if err != nil {
		return nil, err
	}
	return client.Grant(ctx, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}, "resource": form["resource"],
	})
}

// code takes the code out of an answer that is the server's own.
func (t *Tokens) code(answer url.Values) (string, error) {
	// RFC 9207 §2.4: compared as it is, and missing only where the server does not name itself.
	if issuer := answer.Get("iss"); issuer != t.server.Issuer && (issuer != "" || t.server.NamesItself) {
		return "", fmt.Errorf("the answer is from %.200q", issuer)
	}
	if said := answer.Get("error"); said != "" {
		return "", fmt.Errorf("the login was refused: %.100q %.300q", said, answer.Get("error_description"))
	}
	if answer.Get("code") == "" {
		return "", errors.New("the answer has no code")
	}
	return answer.Get("code"), nil
}

// with adds parameters to a URL.
func with(endpoint string, parameters url.Values) string {
	if strings.Contains(endpoint, "?") {
		return endpoint + "&" + parameters.Encode()
	}
	return endpoint + "?" + parameters.Encode()
}

const callback = "/callback"

// answers takes the one answer that has our state. Others are somebody's guess.
type answers struct {
	state string
	came  chan url.Values
}

// ServeHTTP implements http.Handler.
func (a *answers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer := r.URL.Query()
	if r.Method != http.MethodGet || r.URL.Path != callback || subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.state)) != 1 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("Thank you. The agent goes on; this window can be closed.\n"))
	select {
	case a.came <- answer:
	default: // a second one changes nothing
	}
}
