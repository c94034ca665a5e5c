package gcploop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/terraform"
	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
	"github.com/agentward/terraform-provider-agent/provider"
)

// pace is as Google's clients wait, a few hundred times as fast.
var pace = gcp.Pace{First: time.Millisecond, Longest: 20 * time.Millisecond, Settle: 300 * time.Millisecond}

// bench is a folder in which Terraform runs, and Google's APIs as they are seen from there.
type bench struct {
	*gcptest.Server
	folder  *terraform.Folder
	quiet   func()
	cluster *terraform.Cluster // nil where the story needs none
	// unique is what no other bench calls its objects in the cluster, which they share.
	unique string
	// dropped is called when a connection is.
	dropped atomic.Pointer[func()]
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{folder: terraform.At(t, t.TempDir())}
	b.quiet = b.folder.Attach(t, provider.GooglePace(pace))
	// Terraform is over before its garbage is worth collecting.
	b.folder.Environment = append(b.folder.Environment, "GOGC=off")
	return b
}

// benchFor is a bench with all that a story needs.
func benchFor(t *testing.T, s story) *bench {
	t.Helper()
	b := newBench(t)
	if s.cluster {
		b.cluster = terraform.Use(t, controlplane.Shared(t))
		b.unique = strings.ToLower(strings.NewReplacer("/", ".", "_", "-").Replace(t.Name()))
	}
	return b
}

// anew gives an empty Google Cloud, of which Terraform knows nothing.
func (b *bench) anew(t *testing.T, options gcptest.Options) {
	t.Helper()
	options.Log = func(r gcptest.Request) {
		if dropped := b.dropped.Load(); dropped != nil && r.Status == 0 {
			(*dropped)()
		}
	}
	if b.Server != nil {
		b.Close()
	}
	b.Server = gcptest.New(options)
	if err := b.Listen(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup", ".terraform.tfstate.lock.info"} {
		if err := os.RemoveAll(filepath.Join(b.folder.Path, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// configure writes the configuration.
func (b *bench) configure(t *testing.T, resources string) {
	t.Helper()
	attributes := `stack = "gcp"`
	if b.cluster != nil {
		attributes += fmt.Sprintf("\n  kubernetes = { config_path = %q }", b.cluster.Kubeconfig())
	}
	text := terraform.Google(b.Endpoint, attributes, strings.ReplaceAll(resources, "UNIQUE", b.unique))
	if err := os.WriteFile(filepath.Join(b.folder.Path, "main.tf"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

var (
	apply   = []string{"apply", "-auto-approve", "-input=false", "-no-color"}
	destroy = []string{"destroy", "-auto-approve", "-input=false", "-no-color"}
	plan    = []string{"plan", "-detailed-exitcode", "-input=false", "-no-color"}
)

// patience is what no run needs, also where many others go on beside it.
const patience = 5 * time.Minute

// must runs Terraform, which has no reason to fail. A plan must be empty.
func (b *bench) must(t *testing.T, when string, args []string) {
	t.Helper()
	if out, err := b.run(t, args); err != nil {
		t.Fatalf("%s: terraform %s: %v\n%s\n%s", when, args[0], err, out, b.last(20))
	}
}

// last are the requests that were made last.
func (b *bench) last(n int) string {
	var out strings.Builder
	requests := b.Requests()
	for _, r := range requests[max(0, len(requests)-n):] {
		fmt.Fprintf(&out, "%s %s: %d %s\n", r.Verb, r.Path, r.Status, r.Message)
	}
	return out.String()
}

func (b *bench) run(t *testing.T, args []string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	stdout, stderr, err := b.folder.Run(ctx, args...)
	_, own, _ := strings.Cut(stdout, "may cause the state to become incompatible with published\nreleases.\n")
	return own + stderr, err
}

// way is how a run is cut off.
type way struct {
	name string
	// from makes requests fail from the nth on. The nth may have its effect.
	from func(s *gcptest.Server, n int)
	// end ends Terraform at the first connection that is dropped.
	end func(*os.Process) error
}

var ways = []way{
	// What is refused is an error at once. State says what is there.
	{"refused", func(s *gcptest.Server, n int) {
		s.Inject(gcptest.Fault{Skip: n - 1, Times: -1, Status: "PERMISSION_DENIED", Message: "a refusal of the test"})
	}, nil},
	// The answer to a request is lost, and the user loses patience: Terraform asks the provider to stop, and writes what it gives.
	{"interrupted", func(s *gcptest.Server, n int) {
		s.StopAfter(n)
		s.Inject(gcptest.Fault{Skip: n - 1, Drop: gcptest.DropAfter})
	}, func(p *os.Process) error { return p.Signal(os.Interrupt) }},
	// Nobody writes to state what was done since a resource was last done with.
	{"killed", func(s *gcptest.Server, n int) { s.StopAfter(n) }, (*os.Process).Kill},
}

// cut runs Terraform and cuts it off at the nth request. It says whether there was one.
func (b *bench) cut(t *testing.T, w way, n int, args []string) (struck bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := b.folder.Command(ctx, args...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	ended := make(chan struct{})
	var once sync.Once
	dropped := func() { once.Do(func() { close(ended) }) }
	b.dropped.Store(&dropped)
	defer b.dropped.Store(nil)
	b.Forget()
	w.from(b.Server, n)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	if w.end != nil {
		go func() {
			select {
			case <-ended:
				// A process that has ended by now needs no signal.
				_ = w.end(cmd.Process)
			case <-over:
			}
		}()
	}
	err := cmd.Wait()
	close(over)
	b.quiet()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%s at request %d: terraform %s did not end:\n%s", w.name, n, args[0], out.String())
	}
	requests := len(b.Requests())
	b.Resume()
	b.Mend()
	return requests >= n
}
