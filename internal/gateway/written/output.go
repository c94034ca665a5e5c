package written

import "github.com/hashicorp/hcl/v2"

// Audit says where the audit log goes.
type Audit struct {
	Stdout    bool       `hcl:"stdout,optional"`
	Queue     *int       `hcl:"queue,optional"`
	QueueAt   hcl.Range  `hcl:"queue,attr_value_range"`
	WhenFull  string     `hcl:"when_full,optional"`
	FullAt    hcl.Range  `hcl:"when_full,attr_value_range"`
	Arguments []string   `hcl:"arguments,optional"`
	File      *AuditFile `hcl:"file,block"`
	OTLP      *AuditOTLP `hcl:"otlp,block"`
	At        hcl.Range  `hcl:",def_range"`
}

// AuditFile is a file of the audit log, which is turned over.
type AuditFile struct {
	Path      string    `hcl:"path"`
	MaxSize   *int64    `hcl:"max_size,optional"`
	MaxSizeAt hcl.Range `hcl:"max_size,attr_value_range"`
	Keep      *int      `hcl:"keep,optional"`
	KeepAt    hcl.Range `hcl:"keep,attr_value_range"`
	At        hcl.Range `hcl:",def_range"`
}

// AuditOTLP is OTLP, with what to do when its queue is full.
type AuditOTLP struct {
	Endpoint   string    `hcl:"endpoint"`
	EndpointAt hcl.Range `hcl:"endpoint,attr_value_range"`
	Protocol   string    `hcl:"protocol,optional"`
	ProtocolAt hcl.Range `hcl:"protocol,attr_value_range"`
	Headers    string    `hcl:"headers_file,optional"`
	HeadersAt  hcl.Range `hcl:"headers_file,attr_value_range"`
	CA         string    `hcl:"ca_file,optional"`
	CAAt       hcl.Range `hcl:"ca_file,attr_value_range"`
	Timeout    string    `hcl:"timeout,optional"`
	TimeoutAt  hcl.Range `hcl:"timeout,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
	WhenFull   string    `hcl:"when_full,optional"`
	FullAt     hcl.Range `hcl:"when_full,attr_value_range"`
}

// Telemetry says what is told of requests besides the audit log.
type Telemetry struct {
	OTLP          *OTLP             `hcl:"otlp,block"`
	Traces        *bool             `hcl:"traces,optional"`
	Metrics       *bool             `hcl:"metrics,optional"`
	SampleRatio   *float64          `hcl:"sample_ratio,optional"`
	SampleRatioAt hcl.Range         `hcl:"sample_ratio,attr_value_range"`
	Traceparent   string            `hcl:"traceparent,optional"`
	TraceparentAt hcl.Range         `hcl:"traceparent,attr_value_range"`
	Every         string            `hcl:"metrics_interval,optional"`
	EveryAt       hcl.Range         `hcl:"metrics_interval,attr_value_range"`
	Resource      map[string]string `hcl:"resource,optional"`
	At            hcl.Range         `hcl:",def_range"`
}

// OTLP is a receiver of OpenTelemetry's protocol.
type OTLP struct {
	Endpoint   string    `hcl:"endpoint"`
	EndpointAt hcl.Range `hcl:"endpoint,attr_value_range"`
	Protocol   string    `hcl:"protocol,optional"`
	ProtocolAt hcl.Range `hcl:"protocol,attr_value_range"`
	Headers    string    `hcl:"headers_file,optional"`
	HeadersAt  hcl.Range `hcl:"headers_file,attr_value_range"`
	CA         string    `hcl:"ca_file,optional"`
	CAAt       hcl.Range `hcl:"ca_file,attr_value_range"`
	Timeout    string    `hcl:"timeout,optional"`
	TimeoutAt  hcl.Range `hcl:"timeout,attr_value_range"`
	At         hcl.Range `hcl:",def_range"`
}
