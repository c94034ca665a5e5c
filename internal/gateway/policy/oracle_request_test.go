package policy

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// uid is an entity's identifier in Cedar's JSON.
type uid struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type posedEntity struct {
	UID     uid            `json:"uid"`
	Attrs   map[string]any `json:"attrs"`
	Parents []uid          `json:"parents"`
}

// posedRequest is a request with everything that the schema knows of it, translated by this file alone: by what the schema's comments say,
// not by the code under test.
type posedRequest struct {
	Principal uid            `json:"principal"`
	Action    uid            `json:"action"`
	Resource  uid            `json:"resource"`
	Context   map[string]any `json:"context"`
	Entities  []posedEntity  `json:"entities"`

	inexact bool // Cedar cannot hold some argument or claim as a policy uses it
}

// String is the request as JSON, for what a test says.
func (p posedRequest) String() string {
	text, err := json.Marshal(p)
	return fmt.Sprint(string(text), err)
}

func poseRequest(t *testing.T, r *decide.Request, shapes needs) posedRequest {
	t.Helper()
	p := posedRequest{Action: uid{"Action", string(action(r.Call).ID)}}
	p.principal(r)
	p.resource(r.Call)
	// The actions' groups are the schema's.
	group := uid{"Action", "discover"}
	p.add(group, nil)
	for id, a := range published().Actions {
		if a.Entity.Parents.Contains(types.NewEntityUID("Action", "discover")) {
			p.add(uid{"Action", string(id.ID)}, nil, group)
		}
	}
	p.context(t, r, shapes)
	return p
}

func (p *posedRequest) add(id uid, attributes map[string]any, parents ...uid) uid {
	if attributes == nil {
		attributes = map[string]any{}
	}
	p.Entities = append(p.Entities, posedEntity{id, attributes, append([]uid{}, parents...)})
	return id
}

func (p *posedRequest) principal(r *decide.Request) {
	who := r.Principal
	if who.SPIFFEID == "" {
		id := who.Subject
		if who.Issuer != "" {
			id = who.Issuer + "#" + who.Subject
		}
		p.Principal = p.add(uid{"User", id}, map[string]any{"issuer": who.Issuer, "subject": who.Subject})
		return
	}
	domain := p.add(uid{"TrustDomain", who.TrustDomain}, nil)
	parents := []uid{domain}
	attributes := map[string]any{"spiffeId": who.SPIFFEID, "trustDomain": who.TrustDomain}
	id, instance, _ := strings.Cut(who.SPIFFEID, "/instance/")
	if who.Agent != "" {
		parents = append(parents, p.add(uid{"Namespace", who.TrustDomain + "/" + who.Namespace}, nil, domain))
		attributes["namespace"], attributes["name"] = who.Namespace, who.Agent
	}
	if instance != "" {
		attributes["instance"] = instance
	}
	p.Principal = p.add(uid{"Agent", id}, attributes, parents...)
}

func (p *posedRequest) resource(c *call.Call) {
	target := p.add(uid{"Target", c.Target}, nil)
	kind := map[call.Kind]string{
		call.Tool: "Tool", call.Prompt: "Prompt", call.Document: "Resource", call.Skill: "Skill", call.Task: "Task", call.Path: "Path", call.RPC: "RPC",
	}[c.Resource.Kind]
	if kind == "" {
		p.Resource = target
		return
	}
	attributes := map[string]any{"target": c.Target, "name": c.Resource.Name}
	if kind == "Resource" {
		attributes = map[string]any{"target": c.Target, "uri": c.Resource.Name}
	}
	if a := c.Annotations; a != nil && kind == "Tool" {
		attributes["readOnly"], attributes["destructive"], attributes["idempotent"], attributes["openWorld"] = a.ReadOnly, a.Destructive, a.Idempotent, a.OpenWorld
	}
	p.Resource = p.add(uid{kind, c.Target + "/" + c.Resource.Name}, attributes, target)
}

func (p *posedRequest) context(t *testing.T, r *decide.Request, shapes needs) {
	t.Helper()
	who, c := r.Principal, r.Call
	p.Context = map[string]any{
		"protocol": c.Protocol, "version": c.Version, "method": c.Method, "mtls": r.MTLS,
		"time":           extension("datetime", r.Time.UTC().Format("2006-01-02T15:04:05.000Z")),
		"authentication": append([]string{}, who.Methods...),
		"arguments":      p.open(t, c.Arguments, shapes.arguments),
	}
	if c.Operation != "" {
		p.Context["operation"] = c.Operation
	}
	if who.User != "" {
		p.Context["user"] = who.User
	}
	if r.SourceIP != "" {
		p.Context["source"] = extension("ip", r.SourceIP)
	}
	if who.Issuer != "" {
		claims, err := json.Marshal(who.Claims)
		if err != nil {
			t.Fatal(err)
		}
		p.Context["token"] = map[string]any{"subject": who.Subject, "issuer": who.Issuer, "claims": p.open(t, claims, shapes.claims)}
	}
	if m := c.Message; m != nil {
		p.Context["message"] = map[string]any{
			"role": m.Role, "task": m.Task, "context": m.Context, "pushHost": m.PushHost, "tenant": m.Tenant,
			"partKinds": append([]string{}, m.PartKinds...), "mediaTypes": append([]string{}, m.MediaTypes...),
			"extensions": append([]string{}, m.Extensions...), "referenceTasks": append([]string{}, m.ReferenceTasks...),
		}
	}
}

func extension(name, text string) map[string]any {
	return map[string]any{"__extn": map[string]string{"fn": name, "arg": text}}
}

// open gives the members of a JSON object with the types that policies use them as.
func (p *posedRequest) open(t *testing.T, text []byte, wants []*shape) any {
	t.Helper()
	if len(text) == 0 {
		return map[string]any{}
	}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return map[string]any{}
	}
	return p.value(v, recordKind, wants)
}

// value gives a JSON value in Cedar's JSON. want is what policies use it as, where they say.
func (p *posedRequest) value(v any, want kind, wants []*shape) any {
	fits := func(is ...kind) { p.inexact = p.inexact || want != unknownKind && !slices.Contains(is, want) }
	switch v := v.(type) {
	case bool:
		fits(boolKind)
		return v
	case string:
		return p.text(v, want)
	case json.Number:
		return p.number(v, want)
	case []any:
		fits(setKind)
		set := []any{}
		var below []*shape
		for _, s := range wants {
			if s.element != nil {
				below = append(below, s.element)
			}
		}
		for _, e := range v {
			p.inexact = p.inexact || e == nil
			set = append(set, p.value(e, used(below), below))
		}
		return set
	case map[string]any:
		fits(recordKind)
		record := map[string]any{}
		for name, m := range v {
			var below []*shape
			for _, s := range wants {
				if s.members[name] != nil {
					below = append(below, s.members[name])
				}
			}
			if m != nil {
				record[name] = p.value(m, used(below), below)
			}
		}
		return record
	}
	return ""
}

// used is what the shapes say of a value's kind; two that differ leave it open, and generated policies agree.
func used(shapes []*shape) kind {
	for _, s := range shapes {
		if s.kind != unknownKind {
			return s.kind
		}
	}
	return unknownKind
}

func (p *posedRequest) text(s string, want kind) any {
	var err error
	switch want {
	case unknownKind, stringKind:
		return s
	case ipKind:
		if _, err = netip.ParseAddr(s); err == nil {
			return extension("ip", s)
		}
	case datetimeKind:
		if _, err = time.Parse(time.RFC3339, s); err == nil {
			return extension("datetime", s)
		}
	}
	p.inexact = true
	return s
}

func (p *posedRequest) number(n json.Number, want kind) any {
	r, ok := new(big.Rat).SetString(n.String())
	scaled := new(big.Rat).Mul(r, big.NewRat(10000, 1))
	switch {
	case !ok || !scaled.IsInt() || !scaled.Num().IsInt64() && want == decimalKind:
		p.inexact = true
		return 0
	case r.IsInt() && want != decimalKind:
		p.inexact = p.inexact || !r.Num().IsInt64() || want != unknownKind && want != longKind
		if !r.Num().IsInt64() {
			return 0
		}
		return r.Num().Int64()
	}
	p.inexact = p.inexact || want != unknownKind && want != decimalKind
	return extension("decimal", r.FloatString(4))
}
