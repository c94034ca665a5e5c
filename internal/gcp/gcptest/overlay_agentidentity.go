package gcptest

import (
	"fmt"
	"regexp"
	"strings"
)

// The auth providers of agentidentity/v1. Sources: the discovery document's prose, and https://docs.cloud.google.com/iam/docs/agent-identity-overview.
func init() {
	register(&kind{
		api: "agentidentity", collection: "projects.locations.authProviders", soft: true,
		ids:   regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`),
		check: checkAuthProvider, made: authProviderState,
		verbs: map[string]func(*call) (map[string]any, *refusal){
			"enable":  func(c *call) (map[string]any, *refusal) { return c.switchProvider(false) },
			"disable": func(c *call) (map[string]any, *refusal) { return c.switchProvider(true) },
		},
	})
}

// isDisabled is where the fake keeps what only the methods enable and disable change.
const isDisabled = "fake:disabled"

func (c *call) switchProvider(off bool) (map[string]any, *refusal) {
	o, r := c.existing()
	switch {
	case r != nil:
		return nil, r
	case o.deleted:
		return nil, refuse("FAILED_PRECONDITION", "Resource '%s' is deleted; undelete it first", c.name)
	}
	return c.change(o, func() {
		o.body[isDisabled] = off
		c.stamp(o, "updateTime")
		c.server.put(o)
	})
}

func authProviderState(_ *Server, o *stored, answer map[string]any) {
	answer["state"] = "ENABLED"
	if off, _ := answer[isDisabled].(bool); off {
		answer["state"] = "DISABLED"
	}
	delete(answer, isDisabled)
	if o.deleted {
		answer["deleted"], answer["expireTime"] = true, "2026-12-01T00:00:00Z"
	}
	if oauth, ok := dig(answer, "authProviderTypeParams.threeLeggedOauth").(map[string]any); ok {
		// "This is deterministic based on the name of the auth provider."
		oauth["redirectUrl"] = "https://agentidentity.fake.example/v1/" + o.name + "/oauthcallback"
	}
}

func checkAuthProvider(c *check) {
	c.labels()
	if len(text(c.body, "description")) >= 256 {
		c.refuse("description", "the text has fewer than 256 characters")
	}
	c.count("allowedScopes", 200)
	c.count("blockedScopes", 200)
	for i, workload := range texts(c.body, "workloadIds") {
		if !strings.HasPrefix(workload, "principal://") {
			c.refuse(fmt.Sprintf("workloadIds[%d]", i), "the identifier starts with principal://")
		}
	}
	const params = "authProviderTypeParams"
	// The proto has a oneof that discovery does not show.
	c.exactlyOne(params+".apiKey", params+".twoLeggedOauth", params+".threeLeggedOauth", params+".geAuthProvider", params+".xaaAuthProvider",
		params+".connectorReferenceAuthProvider")
	if xaa := params + ".xaaAuthProvider"; c.has(xaa) {
		c.exactlyOne(xaa+".clientSecretAuth", xaa+".clientAssertionJwtAuth") // "Option 1", "Option 2"
		c.atMostOne(xaa+".idTokenInput", xaa+".idJagInput")
		c.atMostOne(xaa+".customIssuer", xaa+".googleAccount", xaa+".workforceIdentityFederation")
	}
}
