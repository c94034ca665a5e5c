package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffetls/tlsconfig"

	"github.com/agentward/terraform-provider-agent/internal/gateway/dpop"
	"github.com/agentward/terraform-provider-agent/internal/gateway/token"
)

// maxSubject is the longest token of a user that is read, in bytes.
const maxSubject = 64 << 10

// fetchTime is how long a token may take to come.
const fetchTime = 30 * time.Second

// printed is a token as JSON: the members of RFC 6749 §5.1, and what it is for and bound to.
type printed struct {
	Token    string `json:"access_token"`
	Type     string `json:"token_type"`
	Expires  int64  `json:"expires_in"` // seconds
	Resource string `json:"resource"`
	Key      string `json:"jkt,omitempty"` // thumbprint of the key in -key
}

// fetchToken prints a token. The token is written to the standard output and nowhere else.
func fetchToken(ctx context.Context, e environment, args []string) error {
	var a agent
	var keyFile, subject string
	var asJSON bool
	err := flags(e, "token", func(f *flag.FlagSet) {
		a.flags(f)
		f.StringVar(&keyFile, "key", "", "`file` with the key that the token is bound to and proofs are signed with; made where there is none. Without it only the certificate binds the token")
		f.StringVar(&subject, "subject-token", "", "`file` with the access token of a user, whom the agent is to act for; - is the standard input")
		f.BoolVar(&asJSON, "json", false, "print JSON with the token's type and end, not the token alone")
	}, args)
	if err != nil {
		return err
	}
	o, end, err := a.options(ctx, e)
	if err != nil {
		return err
	}
	defer end()
	if len(a.urls) > 1 {
		return errors.New("a token is for one target: name one -url")
	}
	if o.TokenEndpoint == "" {
		return errors.New("there is no token endpoint: name it with -token-endpoint, or a -config whose listener asks for tokens")
	}
	config := tlsconfig.MTLSClientConfig(o.SVID, o.Bundles, o.Gateway)
	config.MinVersion = tls.VersionTLS12
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := token.Client{
		HTTP:     &http.Client{Transport: transport, Timeout: fetchTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Endpoint: o.TokenEndpoint, Now: o.Now,
	}
	result := printed{Resource: o.Target.String()}
	if keyFile != "" {
		key, err := readOrMakeKey(keyFile)
		if err != nil {
			return fmt.Errorf("-key: %w", err)
		}
		if client.Proofs, err = dpop.NewSigner(key, o.Now); err != nil {
			return fmt.Errorf("-key: %w", err)
		}
		result.Key = client.Proofs.Thumbprint()
	}
	var access *token.Access
	if subject == "" {
		access, err = client.Agent(ctx, result.Resource)
	} else {
		var of string
		if of, err = readSubject(e, subject); err != nil {
			return fmt.Errorf("-subject-token: %w", err)
		}
		access, err = client.User(ctx, result.Resource, of)
	}
	if err != nil {
		return err
	}
	if !asJSON {
		_, err = fmt.Fprintln(e.stdout, access.Token)
		return err
	}
	result.Token, result.Type, result.Expires = access.Token, access.Scheme, int64(access.Expiry.Sub(o.Now()).Round(time.Second)/time.Second)
	return json.NewEncoder(e.stdout).Encode(result)
}

// readSubject reads a token from a file.
func readSubject(e environment, path string) (string, error) {
	in := e.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSubject+1))
	if err != nil {
		return "", err
	}
	if text = bytes.TrimSpace(text); len(text) == 0 || len(text) > maxSubject || strings.ContainsAny(string(text), " \r\n") {
		return "", errors.New("it does not hold one token")
	}
	return string(text), nil
}

// readOrMakeKey reads a private key in PKCS#8, and makes one that only the owner may read where there is no such file.
func readOrMakeKey(path string) (crypto.Signer, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 { // there, the folder's access list says who may read
		return nil, fmt.Errorf("%s may be read by others, chmod 600 it", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s is not a private key in PEM (PKCS#8)", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that signs nothing", path)
	}
	return signer, nil
}

func makeKey(path string) (crypto.Signer, error) {
	key, err := dpop.NewKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return key, errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Close())
}
