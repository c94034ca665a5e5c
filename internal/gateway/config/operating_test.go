package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// with is a whole configuration with more in it.
func with(t *testing.T, more string) *Config {
	t.Helper()
	c, diagnostics := Parse("g.hcl", []byte(whole+more))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	return c
}

func TestAStoreHasItsDefaults(t *testing.T) {
	if c := with(t, ""); c.Store.Shared() {
		t.Errorf("without a block, %+v", c.Store)
	}
	c := with(t, `store "redis" { url = "redis://127.0.0.1:6379/2" }`)
	if want := (Store{URL: "redis://127.0.0.1:6379/2", Prefix: "agent-gateway:", Timeout: time.Second}); c.Store != want {
		t.Errorf("got %+v", c.Store)
	}
	c = with(t, "store \"redis\" {\nurl = \"redis://127.0.0.1:6379\"\nprefix = \"\"\ntimeout = \"250ms\"\n}")
	if c.Store.Prefix != "" || c.Store.Timeout != 250*time.Millisecond {
		t.Errorf("got %+v", c.Store)
	}
}

func TestATargetHasLimitsOfItsOwn(t *testing.T) {
	text := strings.Replace(whole, `protocol = "mcp"`, "protocol = \"mcp\"\nlimits {\nagent_rate = 7\ntotal_time = \"9s\"\n}", 1)
	c, diagnostics := Parse("g.hcl", []byte(text+"limits {\nbody = 2048\ntotal_time = \"5s\"\nagent_burst = 3\n}"))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	own := c.Targets[0].Limits
	if own.AgentRate != 7 || own.AgentBurst != 14 || own.Total != 9*time.Second || own.Body != 2048 || own.Depth != Defaults().Depth {
		t.Errorf("the target's are %+v", own)
	}
	if c.Limits.AgentRate != Defaults().AgentRate || c.Limits.AgentBurst != 3 || c.Limits.Total != 5*time.Second {
		t.Errorf("the gateway's are %+v", c.Limits)
	}
}

func TestTelemetryIsOffUntilItHasAReceiver(t *testing.T) {
	if c := with(t, ""); c.Telemetry.Traces || c.Telemetry.Metrics || c.Telemetry.OTLP != nil || c.Audit.OTLP != nil {
		t.Errorf("without a block, %+v", c.Telemetry)
	}
	c := with(t, "telemetry {\nmetrics = false\notlp {\nendpoint = \"http://127.0.0.1:4318\"\n}\n}")
	if got := c.Telemetry; !got.Traces || got.Metrics || got.SampleRatio != 1 || got.Traceparent != ContinueTrace || got.OTLP.GRPC || got.OTLP.Timeout != 10*time.Second {
		t.Errorf("got %+v", got)
	}
	c = with(t, "audit {\nwhen_full = \"shed\"\notlp {\nendpoint = \"https://o:4317\"\nprotocol = \"grpc\"\nwhen_full = \"block\"\n}\n}")
	if got := c.Audit; got.Stdout || !got.Shed || got.ShedOTLP || !got.OTLP.GRPC {
		t.Errorf("got %+v", got)
	}
}

func TestWhatIsWrongWithOperatingIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		more string
		line int // of more
		want string
	}{
		"a store that is not known":            {"store \"etcd\" {\nurl = \"redis://h\"\n}", 1, "redis"},
		"a store without a host":               {"store \"redis\" {\nurl = \"127.0.0.1:6379\"\n}", 2, "redis://127.0.0.1"},
		"a password in a store's URL":          {"store \"redis\" {\nurl = \"redis://u:sesame@h\"\n}", 2, "password_file"},
		"a password in a URL that is none":     {"store \"redis\" {\nurl = \"http://u:sesame@h\"\n}", 2, "Not a URL of a store"},
		"a database without a number":          {"store \"redis\" {\nurl = \"redis://h/main\"\n}", 2, "databases are numbers"},
		"a password that is not there":         {"store \"redis\" {\nurl = \"redis://h\"\npassword_file = \"none\"\n}", 3, "none"},
		"an authority without TLS":             {"store \"redis\" {\nurl = \"redis://h\"\nca_file = \"none\"\n}", 3, "rediss://"},
		"a time that is too long":              {"store \"redis\" {\nurl = \"redis://h\"\ntimeout = \"2m\"\n}", 3, "up to 1m"},
		"a rate of nothing":                    {"limits {\nagent_rate = 0\n}", 2, "from 1 to"},
		"a burst of nothing":                   {"limits {\nunauthenticated_burst = 0\n}", 2, "from 1 to"},
		"telemetry that goes nowhere":          {"telemetry {}", 1, "otlp"},
		"an endpoint without a scheme":         {"telemetry {\notlp {\nendpoint = \"collector:4317\"\n}\n}", 3, "base URL"},
		"an address for an endpoint":           {"telemetry {\notlp {\nendpoint = \"127.0.0.1:4318\"\n}\n}", 3, "\"127.0.0.1:4318\": use the base URL"},
		"a port that there is not":             {"telemetry {\notlp {\nendpoint = \"http://h:99999\"\n}\n}", 3, "base URL"},
		"a password in an endpoint":            {"telemetry {\notlp {\nendpoint = \"https://u:sesame@h\"\n}\n}", 3, "headers_file"},
		"a path of gRPC":                       {"telemetry {\notlp {\nprotocol = \"grpc\"\nendpoint = \"https://h/v1\"\n}\n}", 4, "base URL"},
		"a protocol that is not known":         {"audit {\notlp {\nprotocol = \"http/json\"\nendpoint = \"https://h\"\n}\n}", 3, "http/protobuf"},
		"headers that are not there":           {"audit {\notlp {\nheaders_file = \"none\"\nendpoint = \"https://h\"\n}\n}", 3, "none"},
		"a ratio above one":                    {"telemetry {\nsample_ratio = 1.5\notlp {\nendpoint = \"https://h\"\n}\n}", 2, "from 0"},
		"a worth of traceparent that is none":  {"telemetry {\ntraceparent = \"yes\"\notlp {\nendpoint = \"https://h\"\n}\n}", 2, "continue"},
		"a choice for OTLP's queue that is no": {"audit {\notlp {\nwhen_full = \"wait\"\nendpoint = \"https://h\"\n}\n}", 3, "shed"},
	} {
		t.Run(name, func(t *testing.T) {
			_, diagnostics := Parse("g.hcl", []byte(whole+c.more))
			told := slices.ContainsFunc(diagnostics, func(d *hcl.Diagnostic) bool {
				return d.Subject.Start.Line == c.line+strings.Count(whole, "\n") && strings.Contains(d.Summary+" "+d.Detail, c.want)
			})
			if !told || strings.Contains(diagnostics.Error(), "sesame") {
				t.Errorf("got %v", diagnostics.Errs())
			}
		})
	}
}
