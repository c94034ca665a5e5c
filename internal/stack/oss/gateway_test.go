package oss

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

func TestGatewayRendersTheGoldenObjects(t *testing.T) {
	golden(t, "gateway", func(t *testing.T, input string) string {
		g := readGateway(t, input)
		objects, err := Gateway(g)
		if err != nil {
			t.Fatal(err)
		}
		return asYAML(t, objects)
	})
}

func readGateway(t *testing.T, input string) spec.Gateway {
	t.Helper()
	var g spec.Gateway
	if err := yaml.UnmarshalStrict([]byte(input), &g); err != nil {
		t.Fatal(err)
	}
	if problems := g.Validate(); len(problems) > 0 {
		t.Fatalf("the gateway is not valid: %v", problems)
	}
	return g
}

// The gateway's own code has the last word on what is rendered for it.
func TestTheGatewayTakesWhatIsRendered(t *testing.T) {
	for _, file := range goldenFiles(t, "gateway") {
		t.Run(file, func(t *testing.T) {
			rendered, err := GatewayConfig(readGateway(t, goldenInput(t, file)))
			if err != nil {
				t.Fatal(err)
			}
			source := config.Memory{Texts: map[string][]byte{}}
			for name, text := range rendered.Files {
				source.Texts[ConfigFolder+"/"+name] = text
			}
			for _, m := range rendered.Mirrors {
				source.Later = append(source.Later, directory+"/"+m.Directory)
			}
			taken, diagnostics := config.ParseFrom(source, ConfigFolder+"/"+ConfigFile, rendered.Files[ConfigFile])
			for _, d := range diagnostics {
				t.Error(d)
			}
			if taken != nil && taken.Revision != rendered.Revision {
				t.Errorf("its revision is %q, want %q", taken.Revision, rendered.Revision)
			}
		})
	}
}
