package a2a

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gowebpki/jcs"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Skill is what an agent says it can do.
type Skill struct {
	ID   string
	Tags []string // sorted
}

// Card is an agent card, of either version or of both at once. It does not change.
type Card struct {
	members map[string]any
	skills  []Skill
}

// Skills are the card's, in its order.
func (c *Card) Skills() []Skill { return c.skills }

// Skill gives the skill of an id.
func (c *Card) Skill(id string) (Skill, bool) {
	at := slices.IndexFunc(c.skills, func(s Skill) bool { return s.ID == id })
	if at < 0 {
		return Skill{}, false
	}
	return c.skills[at], true
}

var cardShape = jsonscan.MustShape("/skills", "/signatures", "/supportedInterfaces", "/url", "/additionalInterfaces", "/securitySchemes")

// ParseCard reads a card. Where there are keys, one of them must have signed it, and the card is what was signed and nothing beside.
func ParseCard(document []byte, keys Keys, l jsonscan.Limits) (*Card, error) {
	v, err := cardShape.Scan(document, l, make([]jsonscan.Value, cardShape.Len()))
	if err != nil {
		return nil, fmt.Errorf("agent card: %w", err)
	}
	if v.Kind() != jsonscan.Object {
		return nil, errors.New("agent card: is no JSON object")
	}
	members, err := decode(document)
	if err != nil {
		return nil, fmt.Errorf("agent card: %w", err)
	}
	if keys != nil {
		if members, err = verified(members, keys); err != nil {
			return nil, err
		}
	}
	delete(members, "signatures")
	c := &Card{members: members}
	if c.skills, err = skillsOf(members); err != nil {
		return nil, err
	}
	return c, nil
}

func decode(document []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return nil, err
	}
	return members, nil
}

func skillsOf(members map[string]any) ([]Skill, error) {
	list, ok := members["skills"].([]any)
	if !ok && members["skills"] != nil {
		return nil, errors.New("agent card: skills is no array")
	}
	var all []Skill
	for _, e := range list {
		one, _ := e.(map[string]any)
		id, ok := one["id"].(string)
		if !ok || id == "" || len(id) > maxName {
			return nil, errors.New("agent card: a skill without an id")
		}
		if slices.ContainsFunc(all, func(s Skill) bool { return s.ID == id }) {
			return nil, fmt.Errorf("agent card: the skill %q is there twice", oneLine(id))
		}
		s := Skill{ID: id}
		tags, _ := one["tags"].([]any)
		for _, t := range tags {
			if tag, ok := t.(string); ok {
				s.Tags = append(s.Tags, tag)
			}
		}
		s.Tags = set(s.Tags)
		all = append(all, s)
	}
	return all, nil
}

// canonical gives a card in RFC 8785's form.
func canonical(members map[string]any) ([]byte, error) {
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(text)
}

// normal gives the card as the SDKs sign it (1.0 §8.4.1): its members that 1.0 knows, without those that hold Protobuf's defaults and
// without what is empty.
func normal(members map[string]any) (map[string]any, error) {
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	m := dynamicpb.NewMessage(wires()[Version10].method("GetExtendedAgentCard").Output())
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, m); err != nil {
		return nil, err
	}
	if text, err = protojson.Marshal(m); err != nil {
		return nil, err
	}
	known, err := decode(text)
	if err != nil {
		return nil, err
	}
	delete(known, "signatures")
	full, _ := filled(known).(map[string]any)
	return full, nil
}

// filled gives a value without what is empty, nil for one that is.
func filled(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
	case []any:
		var kept []any
		for _, e := range v {
			if e = filled(e); e != nil {
				kept = append(kept, e)
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	case map[string]any:
		kept := map[string]any{}
		for name, e := range v {
			if e = filled(e); e != nil {
				kept[name] = e
			}
		}
		if len(kept) == 0 {
			return nil
		}
		return kept
	}
	return v
}

// Face is how the gateway shows an agent.
type Face struct {
	// URLs are where the gateway serves the bindings; those without one are not shown.
	URLs map[Binding]string
	// TokenURL is where access tokens are got, "" where none is asked for.
	TokenURL string
	MTLS     bool // a client certificate is asked for
	Proto    bool // the card goes out in Protobuf
	Versions []string
	// Shows says whether a skill is shown.
	Shows  func(Skill) bool
	Signer *Signer // nil for a card without signatures
}

// Shown gives the card as the gateway shows it: its own URLs and security, the skills that may be shown, and its own signatures. The tag is
// the same for cards that differ in their signatures alone.
func (c *Card) Shown(f Face) (text []byte, tag string, err error) {
	members, err := c.as(f)
	if err != nil {
		return nil, "", err
	}
	bare, err := json.Marshal(members)
	if err != nil || f.Signer == nil {
		return bare, tagOf(bare), err
	}
	key := f.Signer.signing()
	if members["signatures"], err = f.Signer.sign(members, key); err != nil {
		return nil, "", fmt.Errorf("agent card: sign: %w", err)
	}
	text, err = json.Marshal(members)
	return text, tagOf(bare, key.public.KeyID), err
}

// tagOf gives an entity tag (RFC 9110 §8.8.3).
func tagOf(content []byte, more ...string) string {
	h := sha256.New()
	_, _ = h.Write(content) // a hash takes everything
	for _, m := range more {
		_, _ = io.WriteString(h, m)
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

func (c *Card) as(f Face) (map[string]any, error) {
	members := maps.Clone(c.members)
	if err := f.interfaces(members); err != nil {
		return nil, err
	}
	f.security(members)
	list, _ := members["skills"].([]any)
	shown := make([]any, 0, len(list))
	for i, e := range list {
		one, _ := e.(map[string]any)
		if !f.Shows(c.skills[i]) {
			continue
		}
		one = maps.Clone(one)
		delete(one, "securityRequirements")
		delete(one, "security")
		shown = append(shown, one)
	}
	members["skills"] = shown
	return members, nil
}
