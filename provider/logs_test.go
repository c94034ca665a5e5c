package provider_test

import (
	"os"
	"testing"

	"github.com/agentward/terraform-provider-agent/provider"
)

func TestLimitLogs(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"nobody asked for logs":     {nil, "WARN"},
		"all logs are asked for":    {map[string]string{"TF_LOG": "TRACE"}, ""},
		"the provider's are":        {map[string]string{"TF_LOG_PROVIDER": "DEBUG"}, ""},
		"the SDK's level is chosen": {map[string]string{"TF_LOG_SDK": "INFO"}, "INFO"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_SDK"} {
				t.Setenv(variable, c.env[variable])
			}
			if err := provider.LimitLogs(); err != nil {
				t.Fatal(err)
			}
			if got := os.Getenv("TF_LOG_SDK"); got != c.want {
				t.Errorf("TF_LOG_SDK is %q, want %q", got, c.want)
			}
		})
	}
}
