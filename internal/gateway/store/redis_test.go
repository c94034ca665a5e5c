package store_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	redistest "github.com/agentward/terraform-provider-agent/acctest/redis"
	"github.com/agentward/terraform-provider-agent/internal/gateway/store"
)

func redis(t *testing.T, change func(*store.RedisOptions), args ...string) (*store.Redis, *redistest.Server) {
	t.Helper()
	server := redistest.Start(t, args...)
	o := store.RedisOptions{URL: "redis://" + server.Address, Prefix: "test:", Timeout: 10 * time.Second}
	if change != nil {
		change(&o)
	}
	r, err := store.NewRedis(o, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r, server
}

func TestRedisRemembersUntilTheTimeGiven(t *testing.T) {
	r, _ := redis(t, nil)
	for i, want := range []bool{false, true} {
		if got, err := r.Seen(t.Context(), "a", time.Now().Add(time.Minute)); err != nil || got != want {
			t.Errorf("the key's time %d gives %t, %v", i+1, got, err)
		}
	}
	if got, err := r.Seen(t.Context(), "b", time.Now()); err != nil || got {
		t.Errorf("another key gives %t, %v", got, err)
	}
	await.True(t, "an expired key to be forgotten", func() bool {
		got, err := r.Seen(t.Context(), "b", time.Now().Add(-time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return !got
	})
}

func TestRedisLetsOneOfManyReplicasPass(t *testing.T) {
	one, server := redis(t, nil)
	other, err := store.NewRedis(store.RedisOptions{URL: "redis://" + server.Address, Prefix: "test:", Timeout: 10 * time.Second}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close() //nolint:errcheck // nothing of it is left
	var first, taken atomic.Int64
	var group sync.WaitGroup
	for _, replica := range []store.Store{one, other, one, other} {
		group.Go(func() {
			for i := range 50 {
				if again, err := replica.Seen(t.Context(), strconv.Itoa(i), time.Now().Add(time.Minute)); err == nil && !again {
					first.Add(1)
				}
				if wait, err := replica.Take(t.Context(), "a", store.Rate{PerSecond: 1, Burst: 1000}, 10); err == nil && wait == 0 {
					taken.Add(10)
				}
			}
		})
	}
	group.Wait()
	if first.Load() != 50 {
		t.Errorf("%d replicas were first to bring one of 50 keys", first.Load())
	}
	if got := taken.Load(); got < 1000 || got > 1100 {
		t.Errorf("%d tokens were taken of a bucket of 1000", got)
	}
}

func TestRedisThatIsAwayIsAnErrorUntilItIsBack(t *testing.T) {
	r, server := redis(t, nil)
	ask := func() []error {
		_, seen := r.Seen(t.Context(), "a", time.Now().Add(time.Minute))
		_, taken := r.Take(t.Context(), "a", store.Rate{PerSecond: 1, Burst: 10}, 1)
		return []error{seen, taken, r.Alive(t.Context())}
	}
	for _, err := range ask() {
		if err != nil {
			t.Errorf("a store that is there gives %v", err)
		}
	}
	server.Stop()
	for i, err := range ask() {
		if !errors.Is(err, store.ErrAway) {
			t.Errorf("question %d to a store that is away gives %v", i, err)
		}
	}
	server.Restart()
	await.NoError(t, "the store that is back to answer", func() error { return errors.Join(ask()...) })
}

func TestRedisThatDoesNotAnswerIsAwayInTime(t *testing.T) {
	server := redistest.Start(t)
	r, err := store.NewRedis(store.RedisOptions{URL: "redis://" + server.Address, Timeout: 200 * time.Millisecond}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // nothing of it is left
	server.Pause()
	defer server.Resume()
	if _, err := r.Seen(t.Context(), "a", time.Now()); !errors.Is(err, store.ErrAway) || !errors.Is(err, context.DeadlineExceeded) && !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v", err)
	}
}

func TestRedisAsksForItsPasswordOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, _ := redis(t, func(o *store.RedisOptions) { o.PasswordFile = file }, "--requirepass", "open sesame")
	if err := r.Alive(t.Context()); err != nil {
		t.Errorf("the right password gives %v", err)
	}
	wrong, _ := redis(t, nil, "--requirepass", "open sesame")
	if _, err := wrong.Seen(t.Context(), "a", time.Now()); !errors.Is(err, store.ErrAway) || strings.Contains(err.Error(), "sesame") {
		t.Errorf("no password gives %v", err)
	}
}

func TestRedisIsReachedOverTLSAsTheAuthoritySays(t *testing.T) {
	// The certificate of net/http's tests is for 127.0.0.1, and its own authority.
	lent := httptest.NewTLSServer(nil)
	lent.Close()
	folder := t.TempDir()
	pair := lent.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate := filepath.Join(folder, "certificate.pem")
	for name, block := range map[string]*pem.Block{"certificate.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server := redistest.StartTLS(t, certificate, filepath.Join(folder, "key.pem"))
	ask := func(authority string) error {
		r, err := store.NewRedis(store.RedisOptions{URL: "rediss://" + server.Address, CAFile: authority, Timeout: 10 * time.Second}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close() //nolint:errcheck // nothing of it is left
		return r.Alive(t.Context())
	}
	if err := ask(certificate); err != nil {
		t.Errorf("with its authority: %v", err)
	}
	if err := ask(""); err == nil || !strings.Contains(err.Error(), "x509") {
		t.Errorf("without its authority: %v", err)
	}
}

func TestWhatARedisCannotBeMadeFrom(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]store.RedisOptions{
		"no URL":                             {},
		"a URL of something else":            {URL: "http://127.0.0.1"},
		"a password in the URL":              {URL: "redis://u:sesame@127.0.0.1"},
		"an authority without TLS":           {URL: "redis://127.0.0.1", CAFile: empty},
		"an authority without a certificate": {URL: "rediss://127.0.0.1", CAFile: empty},
		"an authority that is not there":     {URL: "rediss://127.0.0.1", CAFile: empty + "x"},
		"a password that is not there":       {URL: "redis://127.0.0.1", PasswordFile: empty + "x"},
		"a password that is empty":           {URL: "redis://127.0.0.1", PasswordFile: empty},
	} {
		if _, err := store.NewRedis(o, time.Now); err == nil || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
