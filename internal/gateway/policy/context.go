package policy

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"
	"sync"

	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/eval"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// attributes are a set of attributes of the context: a bit for each, in the order of their names.
type attributes uint64

// attributeNames are the attributes of the context, sorted.
var attributeNames = sync.OnceValue(func() []string {
	var names []string
	for name := range published().Actions[action(&call.Call{})].AppliesTo.Context {
		names = append(names, string(name))
	}
	slices.Sort(names)
	if len(names) > 64 {
		panic("the context has more attributes than attributes has bits")
	}
	return names
})

// attributeBit is the set of one attribute, or of none where there is none of that name.
func attributeBit(name string) attributes {
	at, ok := slices.BinarySearch(attributeNames(), name)
	if !ok {
		return 0
	}
	return 1 << at
}

// needs are what some policies read together.
type needs struct {
	context             attributes
	arguments, claims   []*shape
	principal, resource bool
}

func together(policies []*compiled) needs {
	var n needs
	for _, p := range policies {
		r := &p.reads
		n.context |= r.context
		if r.arguments != nil {
			n.arguments = append(n.arguments, r.arguments)
		}
		if r.claims != nil {
			n.claims = append(n.claims, r.claims)
		}
		n.principal, n.resource = n.principal || r.principal, n.resource || r.resource
	}
	return n
}

// contextOf builds as much of the context of a request as is needed. An unknown that is not nil stands for the arguments.
func contextOf(r *decide.Request, n needs, unknown types.Value) (types.Record, error) {
	if n.context == 0 {
		return types.Record{}, nil
	}
	record := make(types.RecordMap, bits.OnesCount64(uint64(n.context)))
	for rest := n.context; rest != 0; rest &= rest - 1 {
		name := attributeNames()[bits.TrailingZeros64(uint64(rest))]
		v, err := attribute(r, name, n, unknown)
		if err != nil {
			return types.Record{}, err
		}
		if v != nil {
			record[types.String(name)] = v
		}
	}
	return types.NewRecord(record), nil
}

// attribute gives one attribute of the context, nil where the request has none.
func attribute(r *decide.Request, name string, n needs, unknown types.Value) (types.Value, error) {
	p, c := &r.Principal, r.Call
	switch name {
	case "protocol":
		return types.String(c.Protocol), nil
	case "version":
		return types.String(c.Version), nil
	case "method":
		return types.String(c.Method), nil
	case "operation":
		if c.Operation == "" {
			return nil, nil
		}
		return types.String(c.Operation), nil
	case "time":
		return types.NewDatetime(r.Time), nil
	case "mtls":
		return types.Boolean(r.MTLS), nil
	case "authentication":
		return stringSet(p.Methods), nil
	case "user":
		if p.User == "" {
			return nil, nil
		}
		return types.String(p.User), nil
	case "userIssuer":
		if p.User == "" || p.UserIssuer == "" {
			return nil, nil
		}
		return types.String(p.UserIssuer), nil
	case "source":
		ip, err := netip.ParseAddr(r.SourceIP)
		if err != nil {
			return nil, nil //nolint:nilerr // an address that is not known is absent
		}
		ip = ip.Unmap().WithZone("")
		return types.IPAddr(netip.PrefixFrom(ip, ip.BitLen())), nil
	case "token":
		if p.Issuer == "" {
			return nil, nil
		}
		return tokenOf(r, n.claims)
	case "message":
		if c.Message == nil {
			if unknown != nil && c.Protocol == call.A2A {
				return unknownMessage, nil
			}
			return nil, nil
		}
		return message(c.Message), nil
	case "arguments":
		if unknown != nil {
			return unknown, nil
		}
		return object(c.Arguments, n.arguments, "argument")
	}
	return nil, fmt.Errorf("the attribute %q of the context is not known", name)
}

// unknownMessage stands for the message of a call that is not made yet: what its skill is shown for depends on none.
var unknownMessage = eval.Variable("message")

func tokenOf(r *decide.Request, wants []*shape) (types.Value, error) {
	var text []byte
	if len(wants) > 0 {
		var err error
		if text, err = json.Marshal(r.Principal.Claims); err != nil {
			return nil, fmt.Errorf("claims: %w", err)
		}
	}
	claims, err := object(text, wants, "claim")
	if err != nil {
		return nil, err
	}
	return types.NewRecord(types.RecordMap{
		"subject": types.String(r.Principal.Subject), "issuer": types.String(r.Principal.Issuer), "claims": claims,
	}), nil
}

func message(m *call.Message) types.Value {
	return types.NewRecord(types.RecordMap{
		"role":           types.String(m.Role),
		"task":           types.String(m.Task),
		"context":        types.String(m.Context),
		"partKinds":      stringSet(m.PartKinds),
		"mediaTypes":     stringSet(m.MediaTypes),
		"urlHosts":       stringSet(m.URLHosts),
		"extensions":     stringSet(m.Extensions),
		"referenceTasks": stringSet(m.ReferenceTasks),
		"pushHost":       types.String(m.PushHost),
		"tenant":         types.String(m.Tenant),
	})
}

func stringSet(from []string) types.Set {
	values := make([]types.Value, len(from))
	for i, s := range from {
		values[i] = types.String(s)
	}
	return types.NewSet(values...)
}
