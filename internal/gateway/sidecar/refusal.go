package sidecar

import (
	"context"
	"net/http"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// The reasons to make a refused request again, each at most once a request.
const (
	otherNonce = "nonce"
	otherToken = "token"
	otherScope = "scope"
)

// refused says why a request that was answered so may be made again: "" where it may not.
func (s *Sidecar) refused(ctx context.Context, response *http.Response, with *token.Access) (string, error) {
	if response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden {
		return "", nil
	}
	said := strings.Join(response.Header.Values("WWW-Authenticate"), " ")
	unauthorized := response.StatusCode == http.StatusUnauthorized
	switch {
	case unauthorized && strings.Contains(said, string(dpop.UseNonce)):
		return otherNonce, nil
	case s.tokens != nil:
		again, err := s.tokens.Refused(ctx, with, response.StatusCode, response.Header)
		if err != nil || !again {
			return "", err
		}
		if unauthorized {
			return otherToken, nil
		}
		return otherScope, nil
	case unauthorized && strings.Contains(said, string(dpop.InvalidToken)):
		s.forget()
		return otherToken, nil
	}
	return "", nil
}
