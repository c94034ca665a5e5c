package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/oauth"
	"github.com/agentward/terraform-provider-agent/internal/gateway/sidecar"
)

// maxSecret is the longest secret or assertion that is read from a file, in bytes.
const maxSecret = 64 << 10

// discovery is how an agent gets tokens from the authorization server that its target names.
type discovery struct {
	on, login, bearer           bool
	clientID, secret, assertion string
}

func (d *discovery) flags(f *flag.FlagSet) {
	f.BoolVar(&d.on, "discover", false, "get tokens from the authorization server that the target names (RFC 9728), whosever it is; with -url alone the target is verified as public servers are")
	f.StringVar(&d.clientID, "client-id", "", "with -discover: `id` of the agent at the authorization server")
	f.StringVar(&d.secret, "client-secret-file", "", "with -discover and -client-id: `file` with the client's secret")
	f.StringVar(&d.assertion, "assertion-file", "", "with -discover: `file` with a JWT that says who the agent is, such as a projected service account token (RFC 7523)")
	f.BoolVar(&d.login, "login", false, "with -discover and -client-id: act for a person, who is asked to log in at the authorization server")
	f.BoolVar(&d.bearer, "allow-bearer", false, "with -discover: take tokens that are bound to no key, from servers that bind none; whoever gets hold of one can use it")
}

// options says how tokens are got, where they are discovered.
func (d *discovery) options(o *sidecar.Options) error {
	if !d.on {
		if *d != (discovery{}) {
			return errors.New("-client-id, -client-secret-file, -assertion-file, -login and -allow-bearer go with -discover")
		}
		return nil
	}
	if d.secret != "" && d.clientID == "" || d.login && (d.clientID == "" || d.assertion != "") {
		return errors.New("-client-secret-file and -login take -client-id, and -login takes no -assertion-file")
	}
	o.OAuth = &oauth.Options{ClientID: d.clientID, Bearer: d.bearer}
	if d.secret != "" {
		o.OAuth.Secret = contents(d.secret)
	}
	if d.assertion != "" {
		o.OAuth.Assertion = contents(d.assertion)
	}
	if d.login {
		o.OAuth.Login = func(at string) { o.Log.Info("open this in a browser, to let the agent act for you", "login", at) }
	}
	return nil
}

// contents reads a file each time: whoever rotates a secret writes a new one.
func contents(path string) func() (string, error) {
	return func() (string, error) {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		if len(text) > maxSecret {
			return "", fmt.Errorf("%s has more than %d bytes", path, maxSecret)
		}
		return strings.TrimSpace(string(text)), nil
	}
}
