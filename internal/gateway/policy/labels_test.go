package policy

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

func TestLabelsAreTags(t *testing.T) {
	const team = `permit (principal, action, resource) when { principal.hasTag("team") && principal.getTag("team") == "payments" };`
	labelled := func(labels map[string]string) principal.Principal {
		p := principal.FromSPIFFEID(billing)
		p.Labels = labels
		return p
	}
	for name, c := range map[string]struct {
		policies string
		who      principal.Principal
		allowed  bool
	}{
		"an agent with the label":     {team, labelled(map[string]string{"team": "payments", "tier": "1"}), true},
		"an agent with another value": {team, labelled(map[string]string{"team": "shipping"}), false},
		"an agent without the label":  {team, labelled(map[string]string{"tier": "1"}), false},
		"an agent without any":        {team, labelled(nil), false},
		"a user, who has none":        {team, principal.Principal{Subject: "payments", Labels: map[string]string{"team": "payments"}}, false},
		"attributes beside labels":    {strings.Replace(team, "{ ", "{ principal is Agent && principal.trustDomain == \"example.org\" && ", 1), labelled(map[string]string{"team": "payments"}), true},
	} {
		r := payment("")
		r.Principal = c.who
		d := engine(t, c.policies).Decide(t.Context(), r)
		if d.Allowed != c.allowed || d.Err != nil {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestALabelIsReadOnlyWhereItIsKnownToBeThere(t *testing.T) {
	_, err := New(Source{Name: "test.cedar", Text: []byte(`permit (principal is Agent, action, resource) when { principal.getTag("team") == "payments" };`)})
	if err == nil || !strings.Contains(err.Error(), "test.cedar:1:") || !strings.Contains(err.Error(), "team") {
		t.Errorf("got %v", err)
	}
}

func TestAUserIsOnePersonWithTheirIssuer(t *testing.T) {
	const alice = `permit (principal, action, resource) when { context has user && context has userIssuer && context.user == "alice" && context.userIssuer == "https://idp.example.org" };`
	for issuer, allowed := range map[string]bool{"https://idp.example.org": true, "https://other.example": false, "": false} {
		r := payment("")
		r.Principal.UserIssuer = issuer
		if d := engine(t, alice).Decide(t.Context(), r); d.Allowed != allowed || d.Err != nil {
			t.Errorf("%q: %+v", issuer, d)
		}
	}
}
