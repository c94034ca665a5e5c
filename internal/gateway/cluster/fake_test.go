package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
)

// api is an API server that does what a real one cannot be brought to at the right moment: it expires a watch, refuses, and has keys that
// none would let in. What a real one does is tested in acctest/mirror.
type api struct {
	*httptest.Server
	mu        sync.Mutex
	data      map[string]string // of the one ConfigMap there is, nil for none
	version   int
	existed   map[int]bool // at each version
	status    int          // that everything is answered with, 0 for answers
	expired   bool
	changed   chan struct{}
	lists     int
	selectors map[string]bool
}

func serve(t *testing.T) *api {
	t.Helper()
	a := &api{version: 1, existed: map[int]bool{}, changed: make(chan struct{}), selectors: map[string]bool{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.CloseClientConnections()
		a.Close()
	})
	return a
}

// set changes what there is, and tells those who watch.
func (a *api) set(change func(a *api)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
	a.version++
	a.existed[a.version] = a.data != nil
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *api) object() string {
	text, _ := json.Marshal(a.data)
	return fmt.Sprintf(`{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"gw","namespace":"agents","resourceVersion":"%d"},"data":%s}`, a.version, text)
}

// ServeHTTP implements http.Handler.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	asked := r.URL.Query()
	a.selectors[r.URL.Path+" "+asked.Get("fieldSelector")] = true
	w.Header().Set("Content-Type", "application/json")
	refuse := func(code int, reason string) {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":%q,"code":%d}`, reason, code)
	}
	switch {
	case a.status == http.StatusForbidden:
		refuse(a.status, "Forbidden")
	case a.status != 0:
		refuse(a.status, "InternalError")
	case asked.Get("sendInitialEvents") == "true":
		refuse(http.StatusUnprocessableEntity, "Invalid") // as one before Kubernetes 1.32
	case asked.Get("watch") == "true":
		a.watch(w, r, asked.Get("resourceVersion"))
	default:
		a.lists++
		item := ""
		if a.data != nil {
			item = a.object()
		}
		fmt.Fprintf(w, `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"%d"},"items":[%s]}`, a.version, item)
	}
}

// watch tells what has changed since a version. The lock is held.
func (a *api) watch(w http.ResponseWriter, r *http.Request, since string) {
	from, _ := strconv.Atoi(since)
	had := a.existed[from]
	_ = http.NewResponseController(w).Flush()
	for {
		switch {
		case a.expired:
			_, _ = io.WriteString(w, `{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}`+"\n")
			a.expired = false
			return
		case a.version > from && a.data != nil:
			fmt.Fprintf(w, `{"type":%q,"object":%s}`+"\n", map[bool]string{true: "MODIFIED", false: "ADDED"}[had], a.object())
			had = true
		case a.version > from && had:
			fmt.Fprintf(w, `{"type":"DELETED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"gw","namespace":"agents","resourceVersion":"%d"}}}`+"\n", a.version)
			had = false
		}
		from = a.version
		_ = http.NewResponseController(w).Flush()
		changed := a.changed
		a.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		a.mu.Lock()
		if r.Context().Err() != nil {
			return
		}
	}
}

// follow follows an object of the API server in a folder.
func (a *api) follow(t *testing.T, at string, o mirror.Object) *Mirrors {
	t.Helper()
	m, err := Open(Options{API: &rest.Config{Host: a.URL}, Directory: at, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Add(o); err != nil {
		t.Fatal(err)
	}
	return m
}

// becomes waits until a file has a text, "" for a file that is not there.
func becomes(t *testing.T, path, want string) {
	t.Helper()
	await.NoError(t, "another "+filepath.Base(path), func() error {
		got, err := os.ReadFile(path)
		if string(got) == want && (err == nil) == (want != "") {
			return nil
		}
		return fmt.Errorf("it is %q, want %q", got, want)
	})
}

// says is whether an error has some words, and whether there is none where there are no words.
func says(err error, words string) bool {
	if err == nil || words == "" {
		return err == nil && words == ""
	}
	return strings.Contains(err.Error(), words)
}
