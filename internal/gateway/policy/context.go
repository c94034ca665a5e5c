package policy

import (
	"net/netip"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

// contextOf builds the context of a request, with as much of its open parts as wants read. A nil arguments stands for what is read of them.
func contextOf(r *decide.Request, wants []reads, arguments types.Value) (types.Record, error) {
	p, c := &r.Principal, r.Call
	record := types.RecordMap{
		"protocol":       types.String(c.Protocol),
		"version":        types.String(c.Version),
		"method":         types.String(c.Method),
		"time":           types.NewDatetime(r.Time),
		"mtls":           types.Boolean(r.MTLS),
		"authentication": stringSet(p.Methods),
	}
	if p.User != "" {
		record["user"] = types.String(p.User)
	}
	if ip, err := netip.ParseAddr(r.SourceIP); err == nil {
		ip = ip.Unmap().WithZone("")
		record["source"] = types.IPAddr(netip.PrefixFrom(ip, ip.BitLen()))
	}
	var ofArguments, ofClaims []*shape
	for _, w := range wants {
		if w.arguments != nil {
			ofArguments = append(ofArguments, w.arguments)
		}
		if w.claims != nil {
			ofClaims = append(ofClaims, w.claims)
		}
	}
	if p.Issuer != "" {
		claims, err := members(p.Claims, ofClaims, "claim")
		if err != nil {
			return types.Record{}, err
		}
		record["token"] = types.NewRecord(types.RecordMap{
			"subject": types.String(p.Subject), "issuer": types.String(p.Issuer), "claims": claims,
		})
	}
	if arguments == nil {
		converted, err := object(c.Arguments, ofArguments, "argument")
		if err != nil {
			return types.Record{}, err
		}
		arguments = converted
	}
	record["arguments"] = arguments
	if c.Message != nil {
		record["message"] = message(c.Message)
	}
	return types.NewRecord(record), nil
}

func message(m *call.Message) types.Value {
	return types.NewRecord(types.RecordMap{
		"role":           types.String(m.Role),
		"task":           types.String(m.Task),
		"context":        types.String(m.Context),
		"partKinds":      stringSet(m.PartKinds),
		"mediaTypes":     stringSet(m.MediaTypes),
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
