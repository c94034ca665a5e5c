package a2a

import (
	"errors"
	"slices"
	"strings"
)

// interfaces puts the gateway's URLs in place of the agent's. What the gateway does not serve is left out.
func (f Face) interfaces(members map[string]any) error {
	found := false
	if list, ok := members["supportedInterfaces"].([]any); ok {
		var shown []any
		seen := map[string]bool{}
		for _, e := range list {
			one, _ := e.(map[string]any)
			binding, _ := one["protocolBinding"].(string)
			version, _ := one["protocolVersion"].(string)
			tenant, _ := one["tenant"].(string)
			url := f.URLs[Binding(binding)]
			key := strings.Join([]string{binding, version, tenant}, "\x00")
			if url == "" || !f.serves(version) || seen[key] {
				continue
			}
			seen[key] = true
			made := map[string]any{"url": url, "protocolBinding": binding, "protocolVersion": version}
			if tenant != "" {
				made["tenant"] = tenant
			}
			shown = append(shown, made)
		}
		found = len(shown) > 0
		members["supportedInterfaces"] = shown
	}
	if _, ok := members["url"].(string); ok {
		if f.serves(Version03) && f.old(members) {
			found = true
		} else {
			delete(members, "url")
			delete(members, "preferredTransport")
			delete(members, "additionalInterfaces")
		}
	}
	if !found {
		return errors.New("agent card: has no interface of a version and binding that the gateway serves")
	}
	return nil
}

// old does the same for the members of 0.3 (0.3 §5.5), and says whether there was any that the gateway serves.
func (f Face) old(members map[string]any) bool {
	preferred, _ := members["preferredTransport"].(string)
	if preferred == "" {
		preferred = string(JSONRPC)
	}
	transports := []string{preferred}
	list, _ := members["additionalInterfaces"].([]any)
	for _, e := range list {
		one, _ := e.(map[string]any)
		if t, ok := one["transport"].(string); ok && !slices.Contains(transports, t) {
			transports = append(transports, t)
		}
	}
	transports = slices.DeleteFunc(transports, func(t string) bool { return f.URLs[Binding(t)] == "" })
	if len(transports) == 0 {
		return false
	}
	members["url"], members["preferredTransport"] = f.URLs[Binding(transports[0])], transports[0]
	var more []any
	for _, t := range transports {
		more = append(more, map[string]any{"transport": t, "url": f.URLs[Binding(t)]})
	}
	members["additionalInterfaces"] = more
	return true
}

// serves says whether the gateway serves a version that a card names; cards of 0.3 name its patches too.
func (f Face) serves(version string) bool {
	accepted := f.Versions
	if accepted == nil {
		accepted = Versions()
	}
	return slices.ContainsFunc(accepted, func(v string) bool { return v == version || strings.HasPrefix(version, v+".") })
}

// Names of the security schemes that the gateway asks for.
const (
	schemeMTLS  = "mtls"
	schemeToken = "token"
)

const (
	aboutMTLS  = "X.509-SVID as the client certificate"
	aboutToken = "Access token of the gateway's token service, bound to a key by DPoP (RFC 9449)"
)

// security puts what the gateway asks for in place of what the agent does: callers bring their credentials to the gateway alone.
func (f Face) security(members map[string]any) {
	_, old := members["url"]
	_, current := members["supportedInterfaces"]
	current = current || f.Proto
	schemes, all, oldAll := map[string]any{}, map[string]any{}, map[string]any{}
	add := func(name, typ, member, about string, more map[string]any) {
		scheme := map[string]any{"description": about}
		for k, v := range more {
			scheme[k] = v
		}
		made := map[string]any{}
		if current {
			made[member] = scheme
		}
		if old {
			made["type"] = typ
			for k, v := range scheme {
				made[k] = v
			}
		}
		schemes[name] = made
		all[name] = map[string]any{"list": []any{}}
		oldAll[name] = []any{}
	}
	if f.MTLS {
		add(schemeMTLS, "mutualTLS", "mtlsSecurityScheme", aboutMTLS, nil)
	}
	if f.TokenURL != "" {
		add(schemeToken, "oauth2", "oauth2SecurityScheme", aboutToken, map[string]any{
			"flows": map[string]any{"clientCredentials": map[string]any{"tokenUrl": f.TokenURL, "scopes": map[string]any{}}},
		})
	}
	for _, name := range []string{"securitySchemes", "securityRequirements", "security"} {
		delete(members, name)
	}
	if len(schemes) == 0 {
		return
	}
	members["securitySchemes"] = schemes
	// In the JSON of 1.0 SDKs write scopes in two ways, of which each refuses the other's (an array, and Protobuf's StringList). There are no
	// scopes to tell of, so that the schemes say enough.
	switch {
	case f.Proto && old:
		members["security"] = []any{map[string]any{"schemes": all}}
	case f.Proto:
		members["securityRequirements"] = []any{map[string]any{"schemes": all}}
	case old:
		members["security"] = []any{oldAll}
	}
}
