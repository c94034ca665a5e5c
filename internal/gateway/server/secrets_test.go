package server

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"sync"
	"testing"
)

// told is everything that the gateways of all tests have written to their logs and audit logs.
var told everything

type everything struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (e *everything) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.text.Write(b)
}

// planted is a credential that tests bring where a careless log would repeat it.
const planted = "planted-credential-7f3a"

// secrets are what may be in no log: tokens and proofs, which are JWTs, keys, and what tests have planted.
var secrets = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|PRIVATE KEY|(?i:authorization|dpop)["=: ]+(?:DPoP|Bearer|eyJ)|` + planted)

// Every test has tokens, proofs and nonces go through the gateway; none of them may be in what it has written when all have run.
func TestMain(m *testing.M) {
	status := m.Run()
	told.mu.Lock()
	for _, line := range bytes.Split(told.text.Bytes(), []byte("\n")) {
		if found := secrets.Find(line); found != nil {
			fmt.Printf("a log holds the secret %s: %s\n", found, line)
			status = max(status, 1)
		}
	}
	told.mu.Unlock()
	os.Exit(status)
}

func TestSecretsWouldBeFound(t *testing.T) {
	for _, line := range []string{
		`level=WARN error="token eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.x is bad"`, `{"reason":"Authorization: Bearer abc"}`, "x " + planted, "-----BEGIN PRIVATE KEY-----",
	} {
		if !secrets.MatchString(line) {
			t.Errorf("%s passes", line)
		}
	}
	if line := `msg="not authenticated" error="401 invalid_token: token is not bound to a key" proven=["dpop","jwt"]`; secrets.MatchString(line) {
		t.Errorf("%s does not pass", line)
	}
}
