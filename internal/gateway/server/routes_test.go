package server

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
)

// spoken is a protocol of which only the paths matter.
type spoken bool

func (s spoken) below() bool                    { return bool(s) }
func (s spoken) begin(x *exchange) conversation { return nowhere{x.w} }

func TestAPathBelongsToOneTarget(t *testing.T) {
	var r routes
	for _, c := range []struct {
		name, path string
		below      bool
		services   []string
	}{
		{"mcp", "/tools", false, nil},
		{"api", "/api", true, nil},
		{"users", "/api/users", true, nil},
		{"health", "/health", false, []string{"grpc.health.v1.Health"}},
		{"site", "/", true, nil},
	} {
		r.add(&target{Target: config.Target{Name: c.name, Path: c.path, Services: c.services}, protocol: spoken(c.below)})
	}
	for path, want := range map[string][2]string{
		"/tools":                                {"mcp", ""},
		"/tools/":                               {"site", "/tools/"},
		"/api":                                  {"api", ""},
		"/api/":                                 {"api", "/"},
		"/apis":                                 {"site", "/apis"},
		"/api/orders/7":                         {"api", "/orders/7"},
		"/api/users/7":                          {"users", "/7"},
		"/api/usersx":                           {"api", "/usersx"},
		"/api%2fusers":                          {"site", "/api%2fusers"},
		"/grpc.health.v1.Health/Check":          {"health", "/grpc.health.v1.Health/Check"},
		"/.well-known/oauth-protected-resource": {"", ""},
		"":                                      {"site", ""},
	} {
		found, below := r.find(path)
		got := [2]string{"", below}
		if found != nil {
			got[0] = found.Name
		}
		if got != want {
			t.Errorf("%q is %v, and should be %v", path, got, want)
		}
	}
	var none routes
	if found, _ := none.find("/tools"); found != nil {
		t.Error("a listener without targets has one")
	}
}
