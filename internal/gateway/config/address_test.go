package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnAddressIsTakenOnce(t *testing.T) {
	for _, c := range []struct {
		listener, other, admin string
		taken                  bool
	}{
		{"127.0.0.1:8443", "127.0.0.1:8444", "127.0.0.1:9901", false},
		{"127.0.0.1:8443", "127.0.0.1:8444", "127.0.0.1:8443", true},
		{"127.0.0.1:8443", "127.0.0.1:8444", "localhost:8444", true},
		{"127.0.0.1:8443", "[::1]:8443", "127.0.0.1:9901", false},
		{"127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1:9901", true},
		{"0.0.0.0:8443", "127.0.0.1:8443", "127.0.0.1:9901", true},
		{":8443", "127.0.0.1:8444", "127.0.0.1:8443", true},
		{"[::]:8443", "127.0.0.1:8444", "127.0.0.1:8443", true},
		{"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", false},
	} {
		text := fmt.Sprintf(`
identity { workload_api = "unix:///run/spire/agent.sock" }
listener "one" { address = %q }
listener "other" { address = %q }
target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}
admin { address = %q }
policies { text = "permit (principal, action, resource);" }`, c.listener, c.other, c.admin)
		_, diagnostics := Parse("g.hcl", []byte(text))
		if taken := strings.Contains(diagnostics.Error(), "Address is taken"); taken != c.taken || diagnostics.HasErrors() != c.taken {
			t.Errorf("%s, %s and %s: %v", c.listener, c.other, c.admin, diagnostics)
		}
	}
}
