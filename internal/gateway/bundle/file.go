package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spiffe/go-spiffe/v2/bundle/spiffebundle"
	"github.com/spiffe/go-spiffe/v2/bundle/x509bundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// MaxSize is the largest bundle that is read, in bytes: some hundred authorities.
const MaxSize = 1 << 20

// Load reads a trust domain's bundle from a file: certificates in PEM, or the JSON of SPIFFE Trust Domain and Bundle §4, which may hold keys of
// JWT-SVIDs as well.
func Load(domain spiffeid.TrustDomain, path string) (*spiffebundle.Bundle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := read(domain, f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// read reads a bundle in either form, and refuses one that verifies nothing.
func read(domain spiffeid.TrustDomain, from io.Reader) (*spiffebundle.Bundle, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("a bundle has at most %d bytes", MaxSize)
	}
	return Parse(domain, text)
}

// Parse is Load for text that has been read.
func Parse(domain spiffeid.TrustDomain, text []byte) (*spiffebundle.Bundle, error) {
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		b, err := spiffebundle.Parse(domain, text)
		if err != nil {
			return nil, err
		}
		if len(b.X509Authorities()) == 0 && len(b.JWTAuthorities()) == 0 {
			return nil, errors.New("the bundle holds no authority")
		}
		return b, nil
	}
	certificates, err := x509bundle.Parse(domain, text)
	if err != nil {
		return nil, err
	}
	if certificates.Empty() {
		return nil, errors.New("the bundle holds no certificate")
	}
	return spiffebundle.FromX509Bundle(certificates), nil
}
