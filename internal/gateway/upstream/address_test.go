package upstream

import (
	"net/netip"
	"testing"
)

func TestWhereNamesMayLead(t *testing.T) {
	for name, c := range map[string]struct {
		host    string
		private bool
		address string
		allowed bool
	}{
		"the Internet":                             {"api.example.org", false, "93.184.216.34", true},
		"the Internet over IPv6":                   {"api.example.org", false, "2606:2800:220:1::1", true},
		"this machine":                             {"api.example.org", true, "127.0.0.1", false},
		"this machine, mapped":                     {"api.example.org", true, "::ffff:127.0.0.1", false},
		"this machine over IPv6":                   {"api.example.org", true, "::1", false},
		"no address":                               {"api.example.org", true, "0.0.0.0", false},
		"metadata of a cloud":                      {"api.example.org", true, "169.254.169.254", false},
		"metadata over IPv6":                       {"api.example.org", true, "fd00:ec2::254", false},
		"metadata behind NAT64":                    {"api.example.org", true, "64:ff9b::a9fe:a9fe", false},
		"metadata behind 6to4":                     {"api.example.org", true, "2002:a9fe:a9fe::1", false},
		"Azure's wire server":                      {"api.example.org", true, "168.63.129.16", false},
		"a link with a zone":                       {"api.example.org", true, "fe80::1%eth0", false},
		"a group":                                  {"api.example.org", true, "224.0.0.1", false},
		"a private network":                        {"api.example.org", false, "10.1.2.3", false},
		"a private network behind NAT64":           {"api.example.org", false, "64:ff9b::10.1.2.3", false},
		"a private network that is meant":          {"api.example.org", true, "10.1.2.3", true},
		"a unique local network":                   {"api.example.org", false, "fd12::1", false},
		"a carrier's network":                      {"api.example.org", false, "100.64.0.1", false},
		"an address that the configuration writes": {"127.0.0.1", false, "127.0.0.1", true},
		"another than the configuration writes":    {"127.0.0.1", false, "127.0.0.2", false},
		"an IPv6 address that is written":          {"::1", false, "::1", true},
		"localhost":                                {"localhost", false, "127.0.0.1", true},
		"localhost that leads elsewhere":           {"localhost", false, "10.0.0.1", false},
		"a name that only looks like localhost":    {"localhost.example.org", false, "127.0.0.1", false},
	} {
		t.Run(name, func(t *testing.T) {
			if err := (&Guard{Private: c.private}).Check(c.host, netip.MustParseAddr(c.address)); (err == nil) != c.allowed {
				t.Errorf("got %v", err)
			}
		})
	}
}
