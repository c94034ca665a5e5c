package gcptest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// policy is the allow policy of a resource (https://cloud.google.com/iam/docs/reference/rest/v1/Policy). Every resource has one, an
// empty one at first.
type policy struct {
	body       map[string]any
	generation int
}

func (p *policy) etag() string {
	sum := sha256.Sum256([]byte(strconv.Itoa(p.generation) + short(p.body)))
	return base64.StdEncoding.EncodeToString(sum[:8])
}

func (c *call) policy() (*policy, *refusal) {
	key := c.api + "/" + c.name
	// Resources that no kind stands for, such as those of IAP, exist where their project does.
	if c.api == "iap" {
		if r := c.server.iapResourceExists(c.name); r != nil {
			return nil, r
		}
	}
	if c.kind != nil {
		if o, r := c.existing(); r != nil || o.deleted {
			return nil, notFound(c.name)
		}
	}
	p := c.server.policies[key]
	if p == nil {
		p = &policy{body: map[string]any{}}
		c.server.policies[key] = p
	}
	return p, nil
}

func (c *call) getIamPolicy() (map[string]any, *refusal) {
	p, r := c.policy()
	if r != nil {
		return nil, r
	}
	version := c.query.Get("options.requestedPolicyVersion")
	if n, ok := dig(c.body, "options.requestedPolicyVersion").(json.Number); ok {
		version = n.String()
	}
	switch version {
	case "", "0", "1", "3":
	default:
		return nil, invalid([]violation{{"options.requested_policy_version", "the version is none of 0, 1 and 3"}})
	}
	return p.answer(version == "3"), nil
}

// answer gives the policy in a version. Clients that ask for less than version 3 do not see conditions, but a changed role where there is
// one, so that they cannot take the binding for an unconditional one.
func (p *policy) answer(conditions bool) map[string]any {
	answer := clone(p.body)
	answer["etag"] = p.etag()
	version := 1
	bindings, _ := answer["bindings"].([]any)
	for _, b := range bindings {
		binding, _ := b.(map[string]any)
		if binding["condition"] == nil {
			continue
		}
		if conditions {
			version = 3
			continue
		}
		sum := sha256.Sum256([]byte(fmt.Sprint(binding["condition"])))
		binding["role"] = fmt.Sprintf("%v_withcond_%x", binding["role"], sum[:10])
		delete(binding, "condition")
	}
	answer["version"] = version
	return answer
}

func (c *call) setIamPolicy() (map[string]any, *refusal) {
	p, r := c.policy()
	if r != nil {
		return nil, r
	}
	set, ok := c.body["policy"].(map[string]any)
	if !ok {
		return nil, invalid([]violation{{"policy", "the field is required"}})
	}
	if r := invalid(checkPolicy(set)); r != nil {
		return nil, r
	}
	if etag, ok := set["etag"].(string); ok && etag != p.etag() {
		return nil, refuse("ABORTED", "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff. The request's ETag '%s' did not match the current policy's ETag '%s'.", etag, p.etag())
	}
	p.body = clone(set)
	delete(p.body, "etag")
	delete(p.body, "version")
	p.generation++
	return p.answer(true), nil
}

var (
	roles = regexp.MustCompile(`^(roles/[a-zA-Z0-9_.]+|(organizations|projects)/[^/]+/roles/[a-zA-Z0-9_.]+)$`)
	// IAM knows agents by these principals, and neither by a SPIFFE ID nor by the registry's URN
	// (https://cloud.google.com/iam/docs/principal-identifiers).
	members = regexp.MustCompile(`^((deleted:)?(user|serviceAccount|group):.+@.+|domain:.+|principal://.+/.+|principalSet://.+/.+|project(Owner|Editor|Viewer):.+|allUsers|allAuthenticatedUsers)$`)
)

func checkPolicy(set map[string]any) []violation {
	var wrong []violation
	version := "0"
	if n, ok := set["version"].(json.Number); ok {
		version = n.String()
	}
	bindings, _ := set["bindings"].([]any)
	for i, b := range bindings {
		at := fmt.Sprintf("policy.bindings[%d]", i)
		binding, _ := b.(map[string]any)
		if role, _ := binding["role"].(string); !roles.MatchString(role) || strings.Contains(role, "_withcond_") {
			wrong = append(wrong, violation{at + ".role", fmt.Sprintf("%q is no role", role)})
		}
		listed, _ := binding["members"].([]any)
		if len(listed) == 0 {
			wrong = append(wrong, violation{at + ".members", "a binding has at least one member"})
		}
		for j, member := range listed {
			if text, _ := member.(string); !members.MatchString(text) {
				wrong = append(wrong, violation{fmt.Sprintf("%s.members[%d]", at, j), fmt.Sprintf("%q is no principal", text)})
			}
		}
		condition, ok := binding["condition"].(map[string]any)
		if !ok {
			continue
		}
		if version != "3" {
			wrong = append(wrong, violation{"policy.version", "a policy with conditions has version 3"})
		}
		for _, field := range []string{"title", "expression"} {
			if condition[field] == nil {
				wrong = append(wrong, violation{at + ".condition." + field, "the field is required"})
			}
		}
	}
	return wrong
}
