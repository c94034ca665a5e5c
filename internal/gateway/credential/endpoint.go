package credential

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
)

// Of a token endpoint's answer.
const (
	maxAnswer       = 64 << 10
	maxToken        = 16 << 10
	defaultLifetime = time.Minute // of a token whose answer does not say
	maxLifetime     = 24 * time.Hour
)

// Endpoint is the token endpoint of an authorization server, and how the gateway authenticates there.
type Endpoint struct {
	URL string
	// HTTP makes the requests. It follows no redirects, whatever it was set to.
	HTTP   http.RoundTripper
	Client Client
	Now    func() time.Time
}

// answer is that of a token endpoint (RFC 6749 §5).
type answer struct {
	Token     string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn *int64 `json:"expires_in"`
	Error     string `json:"error"`
}

// ask makes a token request. Errors name the endpoint and the server's error code, nothing else of its answer.
func (e *Endpoint) ask(ctx context.Context, form url.Values) (access, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, nil)
	if err != nil {
		return access{}, err
	}
	if err := e.Client.authenticate(request.Header, form); err != nil {
		return access{}, fmt.Errorf("token endpoint %s: authenticate: %w", e.URL, err)
	}
	text := form.Encode()
	request.Body, request.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	began := e.Now()
	response, err := e.HTTP.RoundTrip(request)
	if err != nil {
		return access{}, fmt.Errorf("token endpoint %s: %w", e.URL, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return access{}, fmt.Errorf("token endpoint %s: %w", e.URL, err)
	}
	got, err := read(response.StatusCode, body, began)
	if err != nil {
		return access{}, fmt.Errorf("token endpoint %s: %w", e.URL, err)
	}
	return got, nil
}

// read takes a token out of an answer.
func read(status int, body []byte, now time.Time) (access, error) {
	if len(body) > maxAnswer {
		return access{}, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	var a answer
	err := json.Unmarshal(body, &a)
	if status != http.StatusOK {
		if err == nil && code(a.Error) {
			return access{}, fmt.Errorf("status %d, %s", status, a.Error)
		}
		return access{}, fmt.Errorf("status %d", status)
	}
	switch {
	case err != nil:
		return access{}, errors.New("the answer is not the JSON of RFC 6749")
	case a.Token == "" || len(a.Token) > maxToken || strings.Contains(a.Token, " ") || !printable(a.Token):
		return access{}, errors.New("the access token cannot stand in a header")
	case !strings.EqualFold(a.Type, "Bearer"):
		return access{}, errors.New("the access token is not of type Bearer")
	case a.ExpiresIn != nil && *a.ExpiresIn <= 0:
		return access{}, errors.New("the access token has ended already")
	}
	life := defaultLifetime
	if a.ExpiresIn != nil {
		life = min(maxLifetime, time.Duration(min(*a.ExpiresIn, int64(maxLifetime/time.Second)))*time.Second)
	}
	return access{token: a.Token, expiry: now.Add(life), early: now.Add(life * 4 / 5), got: now}, nil
}

// code says whether an error code may go to the log: a word as RFC 6749 §5.2 has them.
func code(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}
