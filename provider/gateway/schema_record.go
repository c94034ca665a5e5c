package gateway

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// recordAttributes say where goes what the gateway tells of itself.
func recordAttributes() attribute.Set {
	return attribute.Set{
		"audit_log": attribute.Block("The audit log, one record for each call. Default: lines of JSON on the standard output.", attribute.Set{
			"stdout":    attribute.Flag("Whether it goes to the standard output. Default: `true`."),
			"queue":     number("Records that may wait for each receiver. Default: 4096.", 1, 1<<20),
			"when_full": attribute.Text("`block` (default): a call waits for room for up to 5 seconds, and is then refused. `shed`: records are dropped, and counted.", attribute.OneOf("block", "shed")),
			"arguments": attribute.List("Names of arguments whose values may be shown. Default: none; their hashes are."),
			"otlp":      otlpAttribute("A receiver of OpenTelemetry's log records."),
		}),
		"telemetry": attribute.Block("Traces and metrics. Metrics can be scraped from the admin port in any case.", attribute.Set{
			"otlp":    otlpAttribute("A receiver of OpenTelemetry's traces and metrics."),
			"traces":  attribute.Flag("Whether traces are sent. Default: `true`."),
			"metrics": attribute.Flag("Whether metrics are sent. Default: `true`."),
			"sample_ratio": schema.Float64Attribute{
				Optional: true, MarkdownDescription: "The part of the requests that is traced, from 0 to 1, by chance. Default: 1.",
				Validators: []validator.Float64{float64validator.Between(0, 1)},
			},
			"traceparent":      attribute.Text("What a caller's `traceparent` is worth: `continue` (default): the trace goes on. `trust`: so does whether it is recorded. `link`: a new one begins.", attribute.OneOf("continue", "trust", "link")),
			"metrics_interval": duration("How often metrics are sent. Default: `1m`.", time.Hour),
			"resource":         attribute.Texts("More attributes of the gateway as OpenTelemetry's resource."),
		}),
		"service_monitor": attribute.Block("A ServiceMonitor for the Prometheus operator. Default: none.", attribute.Set{
			"labels":   attribute.Texts("Its labels, by which a Prometheus selects it."),
			"interval": duration("How often to scrape. Default: the Prometheus' own.", time.Hour),
		}),
	}
}

func otlpAttribute(description string) schema.SingleNestedAttribute {
	return attribute.Block(description, attribute.Set{
		"endpoint": attribute.Required("Base URL: `http://collector.observability.svc:4318`."),
		"protocol": attribute.Text("`http/protobuf` (default) or `grpc`.", attribute.OneOf("http/protobuf", "grpc")),
		"headers":  secretAttribute("Lines `Name: value` that go with each request."),
		"ca":       attribute.Text("Authorities in PEM that verify it. Default: the system's."),
		"timeout":  duration("Of one request. Default: `10s`.", 5*time.Minute),
	})
}
