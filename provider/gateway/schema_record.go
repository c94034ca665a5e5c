package gateway

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// recordAttributes say where goes what the gateway tells of itself.
func recordAttributes() attributes {
	return attributes{
		"audit_log": block("The audit log, one record for each call. Default: lines of JSON on the standard output.", attributes{
			"stdout":    flag("Whether it goes to the standard output. Default: `true`."),
			"queue":     number("Records that may wait for each receiver. Default: 4096.", 1, 1<<20),
			"when_full": text("`block` (default): a call waits for room for up to 5 seconds, and is then refused. `shed`: records are dropped, and counted.", oneOf("block", "shed")),
			"arguments": list("Names of arguments whose values may be shown. Default: none; their hashes are."),
			"otlp":      otlpAttribute("A receiver of OpenTelemetry's log records."),
		}),
		"telemetry": block("Traces and metrics. Metrics can be scraped from the admin port in any case.", attributes{
			"otlp":    otlpAttribute("A receiver of OpenTelemetry's traces and metrics."),
			"traces":  flag("Whether traces are sent. Default: `true`."),
			"metrics": flag("Whether metrics are sent. Default: `true`."),
			"sample_ratio": schema.Float64Attribute{
				Optional: true, MarkdownDescription: "The part of the requests that is traced, from 0 to 1, by chance. Default: 1.",
				Validators: []validator.Float64{float64validator.Between(0, 1)},
			},
			"traceparent":      text("What a caller's `traceparent` is worth: `continue` (default): the trace goes on. `trust`: so does whether it is recorded. `link`: a new one begins.", oneOf("continue", "trust", "link")),
			"metrics_interval": duration("How often metrics are sent. Default: `1m`.", time.Hour),
			"resource":         texts("More attributes of the gateway as OpenTelemetry's resource."),
		}),
		"service_monitor": block("A ServiceMonitor for the Prometheus operator. Default: none.", attributes{
			"labels":   texts("Its labels, by which a Prometheus selects it."),
			"interval": duration("How often to scrape. Default: the Prometheus' own.", time.Hour),
		}),
	}
}

func otlpAttribute(description string) schema.SingleNestedAttribute {
	return block(description, attributes{
		"endpoint": required("Base URL: `http://collector.observability.svc:4318`."),
		"protocol": text("`http/protobuf` (default) or `grpc`.", oneOf("http/protobuf", "grpc")),
		"headers":  secretAttribute("Lines `Name: value` that go with each request."),
		"ca":       text("Authorities in PEM that verify it. Default: the system's."),
		"timeout":  duration("Of one request. Default: `10s`.", 5*time.Minute),
	})
}
