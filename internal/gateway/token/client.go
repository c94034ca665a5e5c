package token

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

// maxAnswer is the longest answer of a token endpoint that is read, in bytes.
const maxAnswer = 64 << 10

// Client gets tokens from a token service.
type Client struct {
	// HTTP makes the requests. Its transport presents the agent's X.509-SVID.
	HTTP *http.Client
	// Endpoint is the URL of the token endpoint.
	Endpoint string
	// Proofs makes DPoP proofs; nil asks for a token that only the certificate binds.
	Proofs *dpop.Signer
	// ID is the client's, "" where the certificate says who asks.
	ID string
	// Secret is what the client authenticates with, "" for nothing: in a header, or in the form where Post says so (RFC 6749 §2.3.1).
	Secret string
	Post   bool
	// Now reads the clock.
	Now func() time.Time
}

// Access is a token that a client got.
type Access struct {
	Token string
	// Scheme is the authorization scheme that it is presented with: DPoP or Bearer.
	Scheme string
	Expiry time.Time
	// Refresh gets another token when this one has ended, "" where there is none.
	Refresh string
}

// RefusedError is what a token endpoint refused with (RFC 6749 §5.2).
type RefusedError struct {
	Status            int
	Code, Description string
}

// Error gives status, code and description.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("token endpoint answered %d %s: %s", e.Status, e.Code, e.Description)
}

// Agent gets a token for the agent itself, to be used at a resource.
func (c *Client) Agent(ctx context.Context, resource string) (*Access, error) {
	return c.fetch(ctx, url.Values{"grant_type": {clientCredentials}, "resource": {resource}})
}

// User gets a token in which the agent acts for the subject of another token.
func (c *Client) User(ctx context.Context, resource, subjectToken string) (*Access, error) {
	return c.fetch(ctx, url.Values{
		"grant_type": {tokenExchange}, "resource": {resource},
		"subject_token": {subjectToken}, "subject_token_type": {typeAccessToken},
	})
}

// Grant gets a token with any grant. The form says which, and what it takes.
func (c *Client) Grant(ctx context.Context, form url.Values) (*Access, error) {
	return c.fetch(ctx, form)
}

// fetch asks, and once more with the nonce that the endpoint demands (RFC 9449 §8).
func (c *Client) fetch(ctx context.Context, form url.Values) (*Access, error) {
	access, nonce, err := c.ask(ctx, form, "")
	var refused *RefusedError
	if c.Proofs != nil && nonce != "" && errors.As(err, &refused) && refused.Code == string(dpop.UseNonce) {
		access, _, err = c.ask(ctx, form, nonce)
	}
	return access, err
}

// ask makes one request. It gives the nonce of the answer as well.
func (c *Client) ask(ctx context.Context, form url.Values, nonce string) (*Access, string, error) {
	if c.ID != "" && (c.Secret == "" || c.Post) {
		form.Set("client_id", c.ID)
	}
	if c.Secret != "" && c.Post {
		form.Set("client_secret", c.Secret)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", fmt.Errorf("token endpoint: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	if c.Secret != "" && !c.Post {
		request.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	}
	if c.Proofs != nil {
		proof, err := c.Proofs.Proof(http.MethodPost, c.Endpoint, "", nonce)
		if err != nil {
			return nil, "", err
		}
		request.Header.Set(dpop.Header, proof)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, "", fmt.Errorf("token endpoint: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, "", fmt.Errorf("token endpoint: %w", err)
	}
	access, err := c.read(response.StatusCode, body)
	return access, response.Header.Get(dpop.NonceHeader), err
}

func (c *Client) read(status int, body []byte) (*Access, error) {
	var answer struct {
		response
		failure
		Refresh string `json:"refresh_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, &RefusedError{Status: status, Code: "unknown", Description: "answer is not the JSON that is expected"}
	}
	if status != http.StatusOK {
		return nil, &RefusedError{Status: status, Code: answer.Code, Description: answer.Description}
	}
	scheme := "Bearer"
	if c.Proofs != nil {
		scheme = "DPoP"
	}
	// A token that is bound to less than was asked for is worse than none (RFC 9449 §5).
	if answer.AccessToken == "" || !strings.EqualFold(answer.TokenType, scheme) || answer.ExpiresIn <= 0 {
		return nil, fmt.Errorf("token endpoint: answer is not a %s token with an end", scheme)
	}
	return &Access{Token: answer.AccessToken, Scheme: scheme, Expiry: c.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), Refresh: answer.Refresh}, nil
}
