package gcptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// document is the part of a discovery document (https://developers.google.com/discovery/v1/reference/apis) that the fake reads. What
// comes from protobuf descriptors, or was written by hand because Google publishes neither, takes the same form.
type document struct {
	Name       string               `json:"name"`
	Version    string               `json:"version"`
	Parameters map[string]*schema   `json:"parameters"` // query parameters of every method
	Schemas    map[string]*schema   `json:"schemas"`
	Resources  map[string]*resource `json:"resources"`
	Methods    map[string]*method   `json:"methods"`

	routes []*route
	// protobuf is the package of the messages, where it is known: answers of operations name their types.
	protobuf string
	// rewrite, where there is one, reads a body as the API's own parser does before the checks see it.
	rewrite func(message string, body []byte) ([]byte, *refusal)
	// numbers says whether enums are answered as numbers when the client asks for it, and does so.
	numbers func(message string, body []byte) ([]byte, error)
}

// typeURL is the type of a message in an answer of any type.
func (d *document) typeURL(message string) string {
	in := d.protobuf
	if in == "" {
		in = "google.cloud." + d.Name + "." + d.Version
	}
	return "type.googleapis.com/" + in + "." + message
}

type resource struct {
	Methods   map[string]*method   `json:"methods"`
	Resources map[string]*resource `json:"resources"`
}

type method struct {
	ID         string             `json:"id"`
	HTTPMethod string             `json:"httpMethod"`
	Path       string             `json:"path"`
	Parameters map[string]*schema `json:"parameters"`
	Request    struct {
		Ref string `json:"$ref"`
	} `json:"request"`
	Response struct {
		Ref string `json:"$ref"`
	} `json:"response"`
}

// all walks the methods of a document in a fixed order.
func (d *document) all() []*method {
	var methods []*method
	var walk func(map[string]*method, map[string]*resource)
	walk = func(own map[string]*method, below map[string]*resource) {
		for _, m := range own {
			methods = append(methods, m)
		}
		for _, r := range below {
			walk(r.Methods, r.Resources)
		}
	}
	walk(d.Methods, d.Resources)
	slices.SortFunc(methods, func(a, b *method) int { return strings.Compare(a.ID, b.ID) })
	return methods
}

// published are the discovery documents that the fake serves: by the name of the API, the versions of it.
var published = map[string][]string{
	"agentidentity":        {"v1"},
	"agentregistry":        {"v1"},
	"aiplatform":           {"v1"},
	"binaryauthorization":  {"v1"},
	"cloudresourcemanager": {"v3"},
	"container":            {"v1"},
	"iam":                  {"v1", "v2"},
	"iamcredentials":       {"v1"},
	"iap":                  {"v1"},
	"networksecurity":      {"v1"},
	"networkservices":      {"v1"},
}

// apiModule is the Go module whose generated clients the provider uses, so that the fake checks what those clients were generated from.
const apiModule = "google.golang.org/api"

// module is its folder. Its discovery documents cannot be embedded: Go embeds files of its own module only. Where the program runs
// outside the provider's source, the folder is that of the version that it was built with.
var module = sync.OnceValues(func() (string, error) {
	folder, err := command("list", "-m", "-f", "{{.Dir}}", apiModule)
	if err != nil {
		cache, cacheErr := command("env", "GOMODCACHE")
		if info, ok := debug.ReadBuildInfo(); cacheErr == nil && ok {
			for _, dependency := range info.Deps {
				if dependency.Path == apiModule {
					folder = filepath.Join(cache, apiModule+"@"+dependency.Version)
				}
			}
		}
	}
	switch info, statErr := os.Stat(folder); {
	case folder != "" && statErr == nil && info.IsDir():
		return folder, nil
	case err != nil:
		return "", fmt.Errorf("find the discovery documents in %s, which the source of the provider has: %w", apiModule, err)
	}
	return "", fmt.Errorf("%s is not downloaded; run in the source of the provider: go mod download %[1]s", apiModule)
})

func command(arguments ...string) (string, error) {
	var stderr bytes.Buffer
	c := exec.Command("go", arguments...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(arguments, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return strings.TrimSpace(string(out)), nil
}

func readDiscovery(name, version string) (*document, error) {
	folder, err := module()
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(folder, name, version, name+"-api.json"))
	if err != nil {
		return nil, fmt.Errorf("read the discovery document of %s: %w", name, err)
	}
	return parseDiscovery(content)
}

func parseDiscovery(content []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(content, &d); err != nil {
		return nil, fmt.Errorf("parse a discovery document: %w", err)
	}
	return &d, d.index()
}

// descriptions gives the descriptions of an API, one for each version of it. They are read when the first request for the API comes
// (that of aiplatform is 4 MB) and kept for all servers of the process.
func descriptions(api string) ([]*document, error) {
	once, ok := parsed[api]
	if !ok {
		return nil, nil
	}
	return once()
}

var parsed = func() map[string]func() ([]*document, error) {
	all := map[string]func() ([]*document, error){}
	for api, versions := range published {
		all[api] = sync.OnceValues(func() ([]*document, error) {
			var documents []*document
			for _, version := range versions {
				d, err := readDiscovery(api, version)
				if err != nil {
					return nil, err
				}
				documents = append(documents, d)
			}
			switch api {
			case "iam":
				documents = append(documents, iamV3())
			}
			return documents, nil
		})
	}
	all["modelarmor"] = sync.OnceValues(func() ([]*document, error) {
		d, err := parseDiscovery(modelArmorDescription)
		return []*document{d}, err
	})
	return all
}()

// Serves says whether the fake has an API, by the first part of its host name.
func Serves(api string) bool { return parsed[api] != nil }
