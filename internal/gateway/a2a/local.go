package a2a

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Local gives a card of the gateway for a client that calls it through a plain endpoint on loopback: the URLs that urls has are replaced,
// interfaces with others left out, and so are security, which the endpoint sees to, and signatures, which would no longer hold.
func Local(card []byte, urls map[string]string) ([]byte, error) {
	if _, err := cardShape.Scan(card, jsonscan.Limits{Size: MaxCard}, make([]jsonscan.Value, cardShape.Len())); err != nil {
		return nil, fmt.Errorf("agent card: %w", err)
	}
	members, err := decode(card)
	if err != nil {
		return nil, fmt.Errorf("agent card: %w", err)
	}
	for _, name := range []string{"signatures", "securitySchemes", "securityRequirements", "security"} {
		delete(members, name)
	}
	found := false
	for _, name := range []string{"supportedInterfaces", "additionalInterfaces"} {
		list, ok := members[name].([]any)
		if !ok {
			continue
		}
		var kept []any
		for _, e := range list {
			one, _ := e.(map[string]any)
			was, _ := one["url"].(string)
			if now, ok := urls[was]; ok {
				one["url"], found = now, true
				kept = append(kept, one)
			}
		}
		members[name] = kept
	}
	if was, ok := members["url"].(string); ok {
		if now, ok := urls[was]; ok {
			members["url"], found = now, true
		}
	}
	if !found {
		return nil, errors.New("agent card: has no interface of the target")
	}
	return json.Marshal(members)
}
