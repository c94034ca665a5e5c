// Package a2a understands the Agent2Agent protocol in its versions 0.3 and 1.0 over all three bindings, JSON-RPC, HTTP+JSON and gRPC: what an
// agent asks another for, what lists of tasks show, and what an agent says of itself in its card.
//
// Everything is taken from bodies and paths, which are read so strictly that no server can read them differently: besides what jsonscan
// refuses, a member's name in Protobuf's spelling (task_id for taskId), which some servers take for it and others do not, and a part with
// two contents. The bytes that were read are those to pass on.
package a2a

import (
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// The versions of the protocol.
const (
	Version03 = "0.3"
	Version10 = "1.0"
)

// Versions are those understood here, oldest first.
func Versions() []string { return []string{Version03, Version10} }

// Binding is a way to carry the protocol, as agent cards name it.
type Binding string

// The bindings.
const (
	JSONRPC  Binding = "JSONRPC"
	HTTPJSON Binding = "HTTP+JSON"
	GRPC     Binding = "GRPC"
)

// DefaultSkillKey is the member of a message's metadata that names the skill it is for, where a configuration names no other.
const DefaultSkillKey = "urn:agentward:a2a:skill"

// Parser reads what is asked of one agent. It is immutable and safe for concurrent use.
type Parser struct {
	Target   string          // name of the configured target, for the calls
	Versions []string        // those that are let through; nil for all that are understood
	Limits   jsonscan.Limits // of a body
	SkillKey string          // of a message's metadata; "" for DefaultSkillKey
}

// Exchange is what one request asks for.
type Exchange struct {
	Binding   Binding
	Operation Operation
	ID        []byte // of JSON-RPC, as it was written; nil for the other bindings
	// Skill is what the message's metadata says it is for, "" for nothing. Nothing tells here whether the agent has such a skill.
	Skill string
	Call  *call.Call
}

func (p *Parser) exchange(b Binding, op Operation, version string) *Exchange {
	return &Exchange{Binding: b, Operation: op, Call: &call.Call{
		Protocol: call.A2A, Version: version, Direction: call.ToTarget, Method: string(op), Target: p.Target,
		Resource: call.Resource{Kind: call.Method, Name: string(op)}, Message: &call.Message{},
	}}
}

func (p *Parser) skillKey() string {
	if p.SkillKey == "" {
		return DefaultSkillKey
	}
	return p.SkillKey
}

// Stream says that the answer is a stream of events.
func (x *Exchange) Stream() bool {
	return x.Operation == SendStreamingMessage || x.Operation == SubscribeToTask
}

// Card says that the answer is an agent card.
func (x *Exchange) Card() bool {
	return x.Operation == GetExtendedAgentCard || x.Operation == GetAgentCard
}

// ForSkill makes the call one for a skill of the agent.
func (x *Exchange) ForSkill(s Skill) {
	x.Call.Resource = call.Resource{Kind: call.Skill, Name: s.ID}
	x.Call.Tags = s.Tags
}

// Sends says that the call hands the agent a message.
func (x *Exchange) Sends() bool {
	return x.Operation == SendMessage || x.Operation == SendStreamingMessage
}

// TaskSeen is the call that getting a task would be, for a list that shows what an agent may get.
func (x *Exchange) TaskSeen(id string) *call.Call {
	c := *x.Call
	c.Method, c.RequestID, c.Arguments = string(GetTask), nil, nil
	c.Resource = call.Resource{Kind: call.Task, Name: id}
	c.Message = &call.Message{Task: id, Tenant: x.Call.Message.Tenant, Extensions: x.Call.Message.Extensions}
	return &c
}

// SkillSeen is the call that a message to a skill would be, whatever is in it.
func (x *Exchange) SkillSeen(s Skill) *call.Call {
	c := *x.Call
	c.Method, c.RequestID, c.Arguments, c.Message = string(SendMessage), nil, nil, nil
	c.Resource, c.Tags = call.Resource{Kind: call.Skill, Name: s.ID}, s.Tags
	return &c
}

// oneLine makes text that came from outside fit for an error.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
	return s[:min(len(s), 200)]
}

// PublicCard is the exchange of asking for the public card.
func (p *Parser) PublicCard() *Exchange { return p.exchange(HTTPJSON, GetAgentCard, Version10) }
