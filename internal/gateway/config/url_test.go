package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestURLsThatCannotBeUsedAreToldWithoutTheirSecrets(t *testing.T) {
	for attribute, text := range map[string]string{
		"a target's":   "target \"a\" {\nprotocol = \"mcp\"\nurl = %q\n}",
		"an agent's":   "target \"a\" {\nprotocol = \"a2a\"\nurl = \"http://a\"\na2a {\njsonrpc = %q\n}\n}",
		"an API's":     "target \"a\" {\nprotocol = \"rest\"\nurl = %q\nunmatched = \"decide\"\n}",
		"a service's":  "target \"a\" {\nprotocol = \"grpc\"\nservices = [\"a.B\"]\nurl = %q\n}",
		"a token's":    "target \"a\" {\nprotocol = \"mcp\"\nurl = \"https://a\"\ncredential \"client_credentials\" {\nclient_id = \"g\"\ntoken_url = %q\n}\n}",
		"a receiver's": "telemetry {\notlp {\nendpoint = %q\n}\n}",
	} {
		for shape, written := range map[string]string{
			"a user and a password":      "https://u:sesame@host.example/x",
			"a password with a slash":    "https://u:open/sesame@host.example",
			"a password and no scheme":   "u:sesame@host.example",
			"a query in what is no URL":  "ftp://host.example/?key=sesame",
			"a password, and a bad port": "https://u:sesame@host.example:99999",
		} {
			t.Run(attribute+" with "+shape, func(t *testing.T) {
				_, diagnostics := Parse("g.hcl", []byte(whole+fmt.Sprintf(text, written)))
				if got := fmt.Sprint(diagnostics.Errs()); !strings.Contains(got, "host.example") || strings.Contains(got, "sesame") {
					t.Errorf("got %v", diagnostics.Errs())
				}
			})
		}
	}
}

func TestAPortThatThereIsNotIsRefused(t *testing.T) {
	for url, refused := range map[string]bool{
		"http://a.example:65535": false, "http://a.example:1": false, "http://[::1]:80": false, "http://a.example": false,
		"http://a.example:65536": true, "http://a.example:0": true, "http://:80": true,
	} {
		_, diagnostics := Parse("g.hcl", []byte(whole+fmt.Sprintf("target \"a\" {\nprotocol = \"mcp\"\nurl = %q\n}", url)))
		if got := strings.Contains(fmt.Sprint(diagnostics.Errs()), "Not a URL of a target"); got != refused {
			t.Errorf("%s: %v", url, diagnostics.Errs())
		}
	}
}
