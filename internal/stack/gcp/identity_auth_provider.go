package gcp

import (
	"fmt"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// secretVersionLabel carries the version of an auth provider's secret, since Google never shows the secret itself.
const secretVersionLabel = "agentward-secret-version"

// authProvider renders an auth provider. It may be used by the agent itself, where its principal is known, and by the workloads that
// are named; it is disabled while the agent is suspended.
func authProvider(id spec.Identity) ([]stack.Object, error) {
	a := id.Google.AuthProvider
	if a == nil {
		return nil, nil
	}
	params, version, err := authProviderParams(id, *a)
	if err != nil {
		return nil, err
	}
	labels := marks(id)
	setText(labels, secretVersionLabel, version)
	body := map[string]any{"authProviderTypeParams": params, "labels": labels, "state": "ENABLED"}
	if id.Suspended {
		body["state"] = "DISABLED"
	}
	setText(body, "description", a.Description)
	setTexts(body, "allowedScopes", a.AllowedScopes)
	setTexts(body, "blockedScopes", a.BlockedScopes)
	workloads := texts(a.Workloads)
	if own, err := ownPrincipal(id); err == nil {
		workloads = append([]any{own}, workloads...)
	}
	if len(workloads) > 0 {
		body["workloadIds"] = workloads
	}
	key := stack.GoogleKey(agentIdentity, regional(id, "authProviders/"+a.ID))
	return []stack.Object{{Key: key, Body: body, Secret: true}}, nil
}

func authProviderParams(id spec.Identity, a spec.GoogleAuthProvider) (params map[string]any, version string, err error) {
	switch {
	case a.APIKey != nil:
		return map[string]any{"apiKey": map[string]any{"apiKey": a.APIKey.Key.Value}}, a.APIKey.Key.Version, nil
	case a.TwoLegged != nil:
		o := a.TwoLegged
		return map[string]any{"twoLeggedOauth": map[string]any{
			"clientId": o.ClientID, "clientSecret": o.ClientSecret.Value, "tokenUrl": o.TokenURL,
		}}, o.ClientSecret.Version, nil
	case a.ThreeLegged != nil:
		o := a.ThreeLegged
		oauth := map[string]any{
			"authorizationUrl": o.AuthorizationURL, "clientId": o.ClientID, "clientSecret": o.ClientSecret.Value, "tokenUrl": o.TokenURL,
			"enablePkce": o.PKCE,
		}
		setText(oauth, "defaultContinueUri", o.ContinueURI)
		return map[string]any{"threeLeggedOauth": oauth}, o.ClientSecret.Version, nil
	}
	return nil, "", fmt.Errorf("the auth provider of agent identity %s/%s has no way to authenticate", id.Namespace, id.Name)
}
