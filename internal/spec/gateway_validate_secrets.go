package spec

import (
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Empty says that there is no secret.
func (s SecretValue) Empty() bool { return s.Secret == "" && s.Value == "" }

// secret checks a secret that may be absent.
func (v *gatewayValidator) secret(path []any, s SecretValue) {
	switch {
	case s.Secret != "" && s.Value != "":
		v.add(path, "is in two places: name a Secret and its key, or give value_wo")
	case s.Secret != "":
		v.secretName(at(path, "secret"), s.Secret)
		v.secretKey(at(path, "key"), s.Key)
	case s.Key != "":
		v.add(at(path, "secret"), "is empty: key is one of a Secret's data, which secret names")
	}
}

func (v *gatewayValidator) secretName(path []any, name string) {
	if msgs := validation.IsDNS1123Subdomain(name); len(msgs) > 0 {
		v.add(path, "%q cannot name a Secret: %s", name, msgs[0])
	}
	for suffix, of := range map[string]string{"-keys": "shared keys", "-credentials": "write-only values"} {
		if name == v.gateway.Name+suffix {
			v.add(path, "%q is the Secret in which the gateway keeps its %s: give yours another name", name, of)
		}
	}
}

func (v *gatewayValidator) secretKey(path []any, key string) {
	if key == "" {
		v.add(path, "is empty: name the key in the Secret's data")
	} else if msgs := validation.IsConfigMapKey(key); len(msgs) > 0 {
		v.add(path, "%q is no key of a Secret: %s", key, msgs[0])
	}
}

// keyID is the name of a shared key: a file's name, and a key of a Secret's data.
var keyID = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$`)

// keys checks what all replicas sign and seal with. Without shared keys each has its own, and takes nothing of another's.
func (v *gatewayValidator) keys() {
	path := []any{"keys"}
	k := v.gateway.Keys
	for i, id := range k.IDs {
		if !keyID.MatchString(id) {
			v.add(at(path, "ids"), "%q cannot name a key: use up to 63 letters and digits, with - _ . between them, such as \"2026-11\"", id)
		}
		v.duplicate(at(path, "ids"), k.IDs, i)
	}
	if k.ExistingSecret != "" {
		v.secretName(at(path, "existing_secret"), k.ExistingSecret)
		if len(k.IDs) == 0 {
			v.add(at(path, "ids"), "is empty: name the entries of Secret %q, that which signs first", k.ExistingSecret)
		}
	}
	if len(k.IDs) == 0 && k.ExistingSecret == "" && v.gateway.Deployment.many() {
		v.add(at(path, "ids"), "is empty, so that each replica would sign tokens and seal sessions by itself and refuse those of the others: name a key, such as [\"1\"], or run one replica")
	}
}

// store checks that replicas share what they must.
func (v *gatewayValidator) store() {
	g := v.gateway
	if g.Store != nil {
		v.secret([]any{"store", "password"}, g.Store.Password)
		return
	}
	if !g.Deployment.many() {
		return
	}
	for _, name := range sortedKeys(g.Listeners) {
		if l := g.Listeners[name]; g.takesProofs(l) {
			v.add([]any{"store"}, "is missing: listener %q takes DPoP proofs, and one that a replica has seen could be replayed at another. "+
				"Set store, or %s", name, g.Deployment.one())
			return
		}
	}
}

// takesProofs says whether a listener remembers proofs, so that none counts twice.
func (g Gateway) takesProofs(l Listener) bool {
	if l.Authenticate == nil {
		return g.TokenService != nil // it then asks for mtls+dpop
	}
	for _, combination := range l.Authenticate {
		if proofs.MatchString(combination) {
			return true
		}
	}
	return false
}

// proofs are the methods that come with a proof: DPoP and DID always, and a token of any kind where it is bound to a key.
var proofs = regexp.MustCompile(`(^|\+)(dpop|did|jwt)($|\+)`)

func (v *gatewayValidator) auditLog() {
	path := []any{"audit_log"}
	if a := v.gateway.AuditLog; a.OTLP != nil {
		v.secret(at(path, "otlp", "headers"), a.OTLP.Headers)
	} else if !a.Stdout {
		v.add(at(path, "stdout"), "is false, and there is no otlp, so that the audit log would go nowhere: leave it out, or add otlp")
	}
}
