package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"
)

// A system's authorities are read once a process, so that a system without any takes a process of its own.
func TestWithoutASystemThereAreAuthoritiesNevertheless(t *testing.T) {
	if os.Getenv("WITHOUT_A_SYSTEM") != "" {
		roots, err := x509.SystemCertPool()
		if err != nil || roots.Equal(x509.NewCertPool()) {
			t.Errorf("there are none: %v", err)
		}
		return
	}
	again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // this program
	again.Env = []string{"WITHOUT_A_SYSTEM=1", "SSL_CERT_FILE=/nowhere", "SSL_CERT_DIR=/nowhere"}
	if out, err := again.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
