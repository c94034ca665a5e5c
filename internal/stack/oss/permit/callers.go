package permit

import (
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// caller is one kind of principals: how a policy's scope names them, and what it asks of them besides.
type caller struct {
	suffix string // of the policy's id
	scope  string
	when   []string
}

// callers gives who is permitted, in one kind where that is possible. Users beside agents are whom the agents must act for.
func (w writing) callers(trustDomain string) []caller {
	if len(w.Agents) == 0 {
		return []caller{principals("User", "==", w.Users)}
	}
	var all []caller
	if slices.Contains(w.Agents, spec.Everything) {
		all = append(all, principals("TrustDomain", "in", []string{trustDomain}))
	} else {
		var agents, namespaces []string
		for _, agent := range w.Agents {
			if namespace, ok := strings.CutPrefix(agent, "ns:"); ok {
				namespaces = append(namespaces, trustDomain+"/"+namespace)
			} else {
				agents = append(agents, agent)
			}
		}
		if len(agents) > 0 {
			all = append(all, principals("Agent", "==", agents))
		}
		if len(namespaces) > 0 {
			all = append(all, principals("Namespace", "in", namespaces))
		}
		if len(all) > 1 {
			all[1].suffix = ".namespaces"
		}
	}
	for i := range all {
		all[i].when = append(all[i].when, w.onBehalf()...)
	}
	return all
}

// principals names one principal, or group of them, in the scope, and several in a condition.
func principals(typ, relation string, ids []string) caller {
	switch {
	case len(ids) == 1:
		return caller{scope: "principal " + relation + " " + entity(typ, ids[0])}
	case relation == "in":
		return caller{scope: "principal is Agent", when: []string{"principal in " + list(entities(typ, ids))}}
	}
	return caller{scope: "principal is " + typ, when: []string{oneOf(entities(typ, ids), "principal")}}
}

// onBehalf asks that the agent acts for one of the users. A user's name is one person only together with the issuer's.
func (w writing) onBehalf() []string {
	if len(w.Users) == 0 {
		return nil
	}
	users := make([]string, len(w.Users))
	for i, user := range w.Users {
		issuer, subject, _ := strings.Cut(user, "#")
		users[i] = "context.userIssuer == " + quote(issuer) + " && context.user == " + quote(subject)
		if len(w.Users) > 1 {
			users[i] = "(" + users[i] + ")"
		}
	}
	condition := strings.Join(users, " || ")
	if len(w.Users) > 1 {
		condition = "(" + condition + ")"
	}
	return []string{"context has userIssuer && context has user && " + condition}
}
