package gateway

import (
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

const (
	day  = 24 * time.Hour
	most = 1 << 20 // of things at once
)

func limitsAttribute() schema.SingleNestedAttribute {
	d := config.Defaults()
	count := func(what string, least, most, standard int64) schema.Int64Attribute {
		return number(fmt.Sprintf("%s. Default: %d.", what, standard), least, most)
	}
	span := func(what string, standard time.Duration) schema.StringAttribute {
		return duration(fmt.Sprintf("%s. Default: `%s`.", what, short(standard)), 7*day)
	}
	return attribute.Block("What one caller, and all together, can take of the gateway. An agent is all its instances together.", attribute.Set{
		"body":                      count("Bytes of a request's body, or of one message of gRPC", 1<<10, 1<<30, d.Body),
		"answer":                    count("Bytes of a target's JSON document, or of one event or message of its stream", 1<<10, 1<<30, d.Answer),
		"header":                    count("Bytes of a request's header. A change rolls the pods", 4<<10, 1<<20, d.Header),
		"json_depth":                count("Depth of JSON", 1, jsonscan.MaxDepth, d.Depth),
		"concurrent_requests":       count("Requests under way, streams included", 1, most, d.Concurrent),
		"concurrent_streams":        count("Answers under way that are streams", 1, most, d.OpenStreams),
		"streams_per_connection":    count("Streams of one HTTP/2 connection", 1, 1<<16, d.Streams),
		"agent_rate":                count("Requests of an agent in a second", 1, most, d.AgentRate),
		"agent_burst":               count("Requests of an agent at once, after a pause; twice the rate where only that is set", 1, 2*most, d.AgentBurst),
		"agent_concurrent_requests": count("Requests of an agent under way, streams included", 1, most, d.AgentConcurrent),
		"agent_concurrent_streams":  count("Answers to an agent under way that are streams", 1, most, d.AgentStreams),
		"unauthenticated_rate":      count("Requests of one source in a second that cannot be authenticated", 1, most, d.UnauthenticatedRate),
		"unauthenticated_burst":     count("The same at once, after a pause; twice the rate where only that is set", 1, 2*most, d.UnauthenticatedBurst),
		"header_time":               span("Until a request's header is there", d.HeaderTime),
		"body_time":                 span("Until a request's body is there", d.BodyTime),
		"idle_time":                 span("A connection without a request; a target, or a stream, from which nothing comes", d.Idle),
		"total_time":                span("A request, streams included", d.Total),
		"drain_time":                span("What is under way when a replica stops", d.Drain),
	})
}

func targetLimitsAttribute() schema.SingleNestedAttribute {
	count := func(what string, least, most int64) schema.Int64Attribute {
		return number(what+". Default: the gateway's.", least, most)
	}
	span := func(what string) schema.StringAttribute { return duration(what+". Default: the gateway's.", 7*day) }
	return attribute.Block("Limits of this target's calls, in place of the gateway's.", attribute.Set{
		"body":                      count("Bytes of a request's body, or of one message of gRPC", 1<<10, 1<<30),
		"answer":                    count("Bytes of its JSON document, or of one event or message of its stream", 1<<10, 1<<30),
		"json_depth":                count("Depth of JSON", 1, jsonscan.MaxDepth),
		"agent_rate":                count("Requests of an agent in a second", 1, most),
		"agent_burst":               count("Requests of an agent at once, after a pause", 1, 2*most),
		"agent_concurrent_requests": count("Requests of an agent under way, streams included", 1, most),
		"agent_concurrent_streams":  count("Answers to an agent under way that are streams", 1, most),
		"body_time":                 span("Until a request's body is there"),
		"idle_time":                 span("Until something comes from the target"),
		"total_time":                span("A request, streams included"),
	})
}
