package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
	"github.com/agentward/terraform-provider-agent/internal/gateway/build"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/otlp"
)

// openAudit opens the audit log.
func (s *Server) openAudit(c *config.Config) (*audit.Log, error) {
	outputs, err := s.outputs(c)
	if err != nil {
		return nil, err
	}
	return audit.Open(func(err error) { s.options.Log.Error("audit log", "error", err) }, outputs...)
}

// outputs opens what the audit log is written to.
func (s *Server) outputs(c *config.Config) (_ []audit.Output, err error) {
	var made []audit.Output
	defer func() {
		if err != nil {
			for _, o := range made {
				err = errors.Join(err, o.Sink.Close())
			}
		}
	}()
	a := c.Audit
	if a.Stdout {
		to := struct{ io.Writer }{s.options.Stdout} // without the Close of a file
		made = append(made, audit.Output{Sink: audit.NewLines("stdout", to), Queue: a.Queue, Shed: a.Shed})
	}
	if a.File != "" {
		file, err := audit.OpenFile(a.File, a.MaxSize, a.Keep)
		if err != nil {
			return made, err
		}
		made = append(made, audit.Output{Sink: audit.NewLines("file", file), Queue: a.Queue, Shed: a.Shed})
	}
	if a.OTLP != nil {
		client, err := receiver(a.OTLP)
		if err != nil {
			return made, fmt.Errorf("audit: %w", err)
		}
		made = append(made, audit.Output{Sink: audit.NewOTLP(client, about(c), build.Version()), Queue: a.Queue, Shed: a.ShedOTLP})
	}
	return made, nil
}

// receiver gives a client for a receiver of OTLP.
func receiver(o *config.OTLP) (*otlp.Client, error) {
	return otlp.New(otlp.Options{Endpoint: o.Endpoint, GRPC: o.GRPC, HeadersFile: o.HeadersFile, CAFile: o.CAFile, Timeout: o.Timeout})
}

// equalAudit says whether the audit log of two configurations goes to the same places in the same way. What it shows is asked for each call.
func equalAudit(a, b *config.Config) bool {
	x, y := a.Audit, b.Audit
	return x.Stdout == y.Stdout && x.File == y.File && x.MaxSize == y.MaxSize && x.Keep == y.Keep && x.Queue == y.Queue && x.Shed == y.Shed && x.ShedOTLP == y.ShedOTLP &&
		equalOTLP(x.OTLP, y.OTLP) && (x.OTLP == nil || equalResource(a, b))
}

func equalOTLP(a, b *config.OTLP) bool { return a == b || a != nil && b != nil && *a == *b }

// turnOutputs opens what a new configuration changes of where things are sent, and gives a function that changes over to it.
func (s *Server) turnOutputs(from, to *config.Config) (func(), error) {
	var outputs []audit.Output
	var err error
	turnAudit, turnTelemetry := !equalAudit(from, to), !equalTelemetry(from, to)
	if turnAudit {
		if outputs, err = s.outputs(to); err != nil {
			return nil, err
		}
	}
	var next *telemetry
	if turnTelemetry {
		if next, err = s.openTelemetry(to); err != nil {
			for _, o := range outputs {
				err = errors.Join(err, o.Sink.Close())
			}
			return nil, err
		}
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), flushTime)
		defer cancel()
		if turnTelemetry {
			if err := s.telemetry.Swap(next).end(ctx); err != nil {
				s.options.Log.Warn("telemetry that was replaced was not sent in time", "error", err)
			}
		}
		if turnAudit {
			if err := s.audit.Replace(ctx, outputs...); err != nil {
				s.options.Log.Error("audit log that was replaced was not written in time", "error", err)
			}
		}
	}, nil
}

// flushTime is how long what is replaced, or stops, may take to send what waits.
const flushTime = 10 * time.Second

// traces gives what makes spans, nil for none.
func (s *Server) traces() *tracing {
	if t := s.telemetry.Load(); t != nil {
		return t.tracing
	}
	return nil
}
