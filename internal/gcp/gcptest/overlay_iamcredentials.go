package gcptest

import (
	"fmt"
	"strings"
	"time"
)

// Tokens of service accounts, from iamcredentials/v1: what impersonation asks for. Every account that is named exists.
func init() {
	register(&kind{
		api: "iamcredentials", collection: "projects.serviceAccounts",
		verbs: map[string]func(*call) (map[string]any, *refusal){"generateAccessToken": (*call).generateAccessToken},
	})
}

// generateAccessToken makes a token that the server takes from then on. Its lifetime is at most 12 hours, and one hour if none is asked
// for (GenerateAccessTokenRequest.lifetime).
func (c *call) generateAccessToken() (map[string]any, *refusal) {
	_, account, _ := cutLast(c.name, "/")
	var wrong []violation
	if len(texts(c.body, "scope")) == 0 {
		wrong = append(wrong, violation{"scope", "at least one scope is required"})
	}
	if !strings.Contains(account, "@") {
		wrong = append(wrong, violation{"name", fmt.Sprintf("%q is no email address of a service account", account)})
	}
	for i, delegate := range texts(c.body, "delegates") {
		if !strings.HasPrefix(delegate, "projects/-/serviceAccounts/") {
			wrong = append(wrong, violation{fmt.Sprintf("delegates[%d]", i), "a delegate is named projects/-/serviceAccounts/{email}"})
		}
	}
	lifetime := time.Hour
	if asked := text(c.body, "lifetime"); asked != "" {
		var err error
		if lifetime, err = time.ParseDuration(asked); err != nil || lifetime <= 0 || lifetime > 12*time.Hour {
			wrong = append(wrong, violation{"lifetime", "the lifetime is at most 12 hours"})
		}
	}
	if r := invalid(wrong); r != nil {
		return nil, r
	}
	token := "token-of-" + account
	c.server.tokens[token] = true
	return map[string]any{"accessToken": token, "expireTime": time.Now().Add(lifetime).UTC().Format(time.RFC3339)}, nil
}
