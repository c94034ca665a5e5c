package devauthority

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

// The files of an authority's directory.
const (
	caFile     = "authority.pem" // certificate and private key, so that there is never one without the other
	bundleFile = "bundle.pem"    // what others verify with
	secretSize = 32              // bytes of a secret
)

// The files that Write makes.
const (
	// CertificateFile holds the chain of an SVID, leaf first.
	CertificateFile = "svid.pem"
	// KeyFile holds its private key in PKCS#8.
	KeyFile = "svid-key.pem"
	// BundleFile holds the authorities of its trust domain.
	BundleFile = bundleFile
)

// Open gives the authority that is kept in a directory, and makes it where there is none yet or where its certificate holds for less than 30 days. The
// directory is only the owner's to read.
func Open(dir, trustDomain string, now func() time.Time) (*Authority, error) {
	domain, err := spiffeid.TrustDomainFromString(trustDomain)
	if err != nil {
		return nil, fmt.Errorf("development authority: trust domain %q: %w", trustDomain, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	a := &Authority{domain: domain, dir: dir, now: now}
	if err := a.loadOrMake(filepath.Join(dir, caFile)); err != nil {
		return nil, err
	}
	if err := a.writeBundle(dir); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Authority) loadOrMake(path string) error {
	err := a.load(path)
	absent := errors.Is(err, fs.ErrNotExist)
	if err != nil && !absent {
		return err
	}
	if err == nil && a.now().Add(renewal).Before(a.cert.NotAfter) {
		return nil
	}
	if a.cert, a.key, err = newCA(a.domain, a.now()); err != nil {
		return err
	}
	content, err := a.marshal()
	if err != nil {
		return err
	}
	if !absent {
		return write(path, content, 0o600)
	}
	if err := create(path, content); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return a.load(path) // another process made one at the same time
}

// load reads certificate and key.
func (a *Authority) load(path string) error {
	if err := private(path); err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "CERTIFICATE":
			a.cert, err = x509.ParseCertificate(block.Bytes)
		case "PRIVATE KEY":
			var key any
			if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				a.key, _ = key.(*ecdsa.PrivateKey)
			}
		}
		if err != nil {
			return fmt.Errorf("development authority: %s: %w", path, err)
		}
	}
	if a.cert == nil || a.key == nil || !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return fmt.Errorf("development authority: %s does not hold a certificate and its key", path)
	}
	if len(a.cert.URIs) != 1 || a.cert.URIs[0].String() != a.domain.IDString() {
		return fmt.Errorf("development authority: %s is of another trust domain than %s", path, a.domain)
	}
	return nil
}

func (a *Authority) marshal() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
	return append(content, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...), nil
}

func (a *Authority) writeBundle(dir string) error {
	content, err := a.Bundle().Marshal()
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	return write(filepath.Join(dir, BundleFile), content, 0o644)
}

// Write issues an SVID into files of a directory: CertificateFile, KeyFile (only the owner's to read) and BundleFile.
func (a *Authority) Write(dir string, id spiffeid.ID) error {
	s, err := a.Issue(id)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	chain, key, err := s.Marshal()
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	if err := write(filepath.Join(dir, KeyFile), key, 0o600); err != nil {
		return err
	}
	if err := write(filepath.Join(dir, CertificateFile), chain, 0o644); err != nil {
		return err
	}
	return a.writeBundle(dir)
}

// Secret gives 32 random bytes that are kept under a name in the authority's directory, and makes them the first time: what token keys and nonces
// are derived from.
func (a *Authority) Secret(name string) ([]byte, error) {
	if name == "" || name != filepath.Base(name) || name[0] == '.' {
		return nil, fmt.Errorf("development authority: %q is no name of a secret", name)
	}
	path := filepath.Join(a.dir, "secret-"+name)
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = make([]byte, secretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	switch err := create(path, secret); {
	case errors.Is(err, fs.ErrExist):
		return readSecret(path) // another process made one at the same time
	case err != nil:
		return nil, err
	}
	return secret, nil
}

func readSecret(path string) ([]byte, error) {
	if err := private(path); err != nil {
		return nil, err
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("development authority: %w", err)
	}
	if len(secret) != secretSize {
		return nil, fmt.Errorf("development authority: %s is not %d bytes", path, secretSize)
	}
	return secret, nil
}

// private refuses a file that others may read.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 { // there, the folder's access list says who may read
		return fmt.Errorf("development authority: %s may be read by others, chmod 600 it", path)
	}
	return nil
}

// write puts a file in place as a whole or not at all, over one that is there.
func write(path string, content []byte, mode fs.FileMode) error {
	return place(path, content, mode, os.Rename)
}

// create puts a file that only the owner may read in place as a whole, and fails with fs.ErrExist where there is one.
func create(path string, content []byte) error {
	return place(path, content, 0o600, os.Link)
}

func place(path string, content []byte, mode fs.FileMode, put func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	defer os.Remove(f.Name()) // gone already where it was renamed
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = put(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("development authority: %w", err)
	}
	return nil
}
