package dpop_test

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
)

func TestTarget(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"as it is", "https://a.example/b", "https://a.example/b"},
		{"case of scheme and host", "HTTPS://A.Example/B", "https://a.example/B"},
		{"default port of https", "https://a.example:443/", "https://a.example/"},
		{"default port of http", "http://a.example:80/", "http://a.example/"},
		{"port of the other scheme", "http://a.example:443/", "http://a.example:443/"},
		{"empty port", "https://a.example:/b", "https://a.example/b"},
		{"empty path", "https://a.example", "https://a.example/"},
		{"query and fragment", "https://a.example/b?c=d#e", "https://a.example/b"},
		{"percent-encoding that is not needed", "https://a.example/%7euser/%41", "https://a.example/~user/A"},
		{"percent-encoding that is", "https://a.example/a%2fb", "https://a.example/a%2Fb"},
		{"dot segments", "https://a.example/a/./b/../c", "https://a.example/a/c"},
		{"encoded dot segments", "https://a.example/a/%2e%2E/c", "https://a.example/c"},
		{"dot segments above the root", "https://a.example/../../c", "https://a.example/c"},
		{"dot segment at the end", "https://a.example/a/..", "https://a.example/"},
		{"slash at the end", "https://a.example/a/", "https://a.example/a/"},
		{"empty segments", "https://a.example//a", "https://a.example//a"},
		{"IPv6", "https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"},
		{"IPv6 with a port", "https://[::1]:8443/a", "https://[::1]:8443/a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := dpop.Target(test.in)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if again, err := dpop.Target(got); err != nil || again != got {
				t.Errorf("the normal form of %s is %s (%v)", got, again, err)
			}
		})
	}
	for _, bad := range []string{"", "/b", "a.example/b", "ftp://a.example/", "https:///b", "https://u@a.example/", "https://u:p@a.example/", "https:opaque", "https://a.example/%zz", "https://a.example:x/"} {
		if got, err := dpop.Target(bad); err == nil {
			t.Errorf("%q was taken as %s", bad, got)
		}
	}
}
