package server

import (
	"fmt"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/principal"
)

func TestWhoIsSuspended(t *testing.T) {
	s := newSuspensions([]string{"spiffe://example.org/ns/a/agent/x", "spiffe://example.org/ns/b/agent/y/instance/1", "spiffe://bad.example", "mallory", ""})
	for name, c := range map[string]struct {
		who  principal.Principal
		want bool
	}{
		"an agent":                        {principal.Principal{SPIFFEID: "spiffe://example.org/ns/a/agent/x"}, true},
		"an instance of it":               {principal.Principal{SPIFFEID: "spiffe://example.org/ns/a/agent/x/instance/7"}, true},
		"an agent whose name is longer":   {principal.Principal{SPIFFEID: "spiffe://example.org/ns/a/agent/xy"}, false},
		"the instance that is named":      {principal.Principal{SPIFFEID: "spiffe://example.org/ns/b/agent/y/instance/1"}, true},
		"another instance":                {principal.Principal{SPIFFEID: "spiffe://example.org/ns/b/agent/y/instance/2"}, false},
		"anybody of a trust domain":       {principal.Principal{SPIFFEID: "spiffe://bad.example/ns/a/agent/z"}, true},
		"a user that an agent acts for":   {principal.Principal{SPIFFEID: "spiffe://example.org/ns/a/agent/z", User: "mallory"}, true},
		"a caller without a SPIFFE ID":    {principal.Principal{Subject: "mallory"}, true},
		"an agent whose subject is alike": {principal.Principal{SPIFFEID: "spiffe://example.org/ns/a/agent/z", Subject: "mallory"}, false},
		"nobody in particular":            {principal.Principal{}, false},
	} {
		if got := s.has(&c.who); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A long list costs a call no more than a short one.
func BenchmarkSuspended(b *testing.B) {
	who := principal.Principal{SPIFFEID: "spiffe://example.org/ns/payments/agent/billing/instance/0f0e", User: "alice"}
	for _, n := range []int{1, 10_000} {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("spiffe://example.org/ns/payments/agent/billing/instance/%d", i))
		}
		s := newSuspensions(ids)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if s.has(&who) {
					b.Fatal("it is suspended")
				}
			}
		})
	}
}
