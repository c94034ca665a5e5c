// Package internal_test keeps the borders between the packages of this module, as design and reviewers rely on them.
package internal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/agentward/terraform-provider-agent"

// border says what the packages in a part of the tree may not import.
type border struct {
	name string
	// within are the folders that the border holds for; outside are those of them that are exempt.
	within, outside []string
	forbidden       []string // import paths and everything below them
	// direct asks about a package's own imports alone. Without it, what those import counts too.
	direct bool
}

var borders = []border{
	{
		name:      "only the provider, the main package and the acceptance tests know Terraform's plugin framework",
		within:    []string{""},
		outside:   []string{"provider", "acctest", "."},
		forbidden: []string{"github.com/hashicorp/terraform-plugin-"},
	},
	{
		name:      "nothing internal reaches Terraform's plugin framework, or the provider, by any way",
		within:    []string{"internal"},
		forbidden: []string{"github.com/hashicorp/terraform-plugin-", module + "/provider"},
	},
	{
		name:      "rendering knows no client",
		within:    []string{"internal/stack", "internal/spec"},
		forbidden: []string{"k8s.io/client-go", "google.golang.org/grpc", "github.com/spiffe/spire-api-sdk", module + "/internal/kube", module + "/internal/spire", module + "/internal/gcp"},
	},
	{
		// Directly, because a package of pure types may itself import it for one constant, as k8s.io/apimachinery does.
		name:      "rendering speaks no HTTP",
		within:    []string{"internal/stack", "internal/spec"},
		forbidden: []string{"net/http"},
		direct:    true,
	},
	{
		name:      "the gateway knows no cloud's SDK",
		within:    []string{"internal/gateway"},
		forbidden: []string{"cloud.google.com/go", "google.golang.org/api"},
	},
	{
		name:      "no program that users run carries what is for tests",
		within:    []string{"internal", "provider", "."},
		forbidden: []string{module + "/acctest"},
	},
}

func TestBorders(t *testing.T) {
	graph := imports(t)
	for _, border := range borders {
		t.Run(border.name, func(t *testing.T) {
			for _, path := range sorted(graph) {
				if !border.holdsFor(path) {
					continue
				}
				if chain := offence(graph, path, border); chain != nil {
					t.Errorf("%s", strings.Join(chain, "\n  imports "))
				}
			}
		})
	}
}

// A border that could not be crossed would be no border: what it forbids must be found where it is allowed.
func TestBordersSeeWhatTheyForbid(t *testing.T) {
	graph := imports(t)
	crossing := border{forbidden: []string{"github.com/hashicorp/terraform-plugin-"}}
	if offence(graph, module+"/provider", crossing) == nil {
		t.Error("the provider does not seem to import Terraform's plugin framework")
	}
	transitive := border{forbidden: []string{"google.golang.org/grpc"}}
	if offence(graph, module, transitive) == nil {
		t.Error("the main package does not seem to reach gRPC, which it imports through the plugin framework")
	}
}

func (b border) holdsFor(path string) bool {
	if path != module && !strings.HasPrefix(path, module+"/") {
		return false
	}
	folder := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	if folder == "" {
		folder = "."
	}
	in := func(tree string) bool { return tree == "" || folder == tree || strings.HasPrefix(folder, tree+"/") }
	return slices.ContainsFunc(b.within, in) && !slices.ContainsFunc(b.outside, in)
}

func (b border) forbids(path string) bool {
	return slices.ContainsFunc(b.forbidden, func(f string) bool {
		return path == f || strings.HasPrefix(path, f+"/") || strings.HasSuffix(f, "-") && strings.HasPrefix(path, f)
	})
}

// offence gives the shortest chain of imports from path to something forbidden, or nil.
func offence(graph map[string][]string, path string, b border) []string {
	chains := [][]string{{path}}
	seen := map[string]bool{path: true}
	for len(chains) > 0 {
		chain := chains[0]
		chains = chains[1:]
		for _, next := range graph[chain[len(chain)-1]] {
			if seen[next] {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(chain), next)
			if b.forbids(next) {
				return longer
			}
			if !b.direct {
				chains = append(chains, longer)
			}
		}
	}
	return nil
}

// imports gives the imports of every package of the module and of all that they import. Tests' imports are left out.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-json=ImportPath,Imports", "./...")
	list.Dir = ".."
	out, err := list.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	graph := map[string][]string{}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&listed)
		if errors.Is(err, io.EOF) {
			return graph
		}
		if err != nil {
			t.Fatal(err)
		}
		graph[listed.ImportPath] = listed.Imports
	}
}

func sorted(graph map[string][]string) []string {
	var paths []string
	for path := range graph {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}
