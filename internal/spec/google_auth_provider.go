package spec

// GoogleAuthProvider holds the credentials that an agent uses elsewhere, for it and out of its hands. Exactly one of the ways to
// authenticate is set.
type GoogleAuthProvider struct {
	ID          string // "<namespace>-<name>" of the agent where nothing else is configured
	Description string
	APIKey      *GoogleAPIKey
	TwoLegged   *GoogleTwoLegged
	ThreeLegged *GoogleThreeLegged
	// AllowedScopes are all that may be asked for; empty for any. BlockedScopes may not be asked for in any case.
	AllowedScopes, BlockedScopes []string
	// Workloads are the principals that may use it beside the agent itself.
	Workloads []string
}

// GoogleSecret is a write-only value. Version is the user's name of the value: a new one says that the value is a new one.
type GoogleSecret struct {
	Value   string
	Version string
}

// GoogleAPIKey is a key that is sent with each request.
type GoogleAPIKey struct{ Key GoogleSecret }

// GoogleTwoLegged is OAuth on the agent's own behalf (client credentials).
type GoogleTwoLegged struct {
	ClientID     string
	ClientSecret GoogleSecret
	TokenURL     string
}

// GoogleThreeLegged is OAuth on behalf of a user, who consents.
type GoogleThreeLegged struct {
	AuthorizationURL string
	ClientID         string
	ClientSecret     GoogleSecret
	TokenURL         string
	ContinueURI      string // where the user is led afterwards, if the agent says nothing else
	PKCE             bool
}
