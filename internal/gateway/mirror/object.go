// Package mirror says which ConfigMaps and Secrets a gateway in a pod has copies of, and keeps the copies: a folder for each, with a file for
// each key. What fetches them is package cluster.
package mirror

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Kind is what is mirrored.
type Kind string

// The kinds of objects that hold files.
const (
	ConfigMap Kind = "ConfigMap"
	Secret    Kind = "Secret"
)

// Configuration is the folder of the ConfigMap that the gateway's configuration is in, List the key in it that lists what else is mirrored,
// and File the one with the configuration itself.
const (
	Configuration = "config"
	List          = "mirrors.json"
	File          = "gateway.json"
)

// Bounds of a list.
const (
	// MaxObjects is how many objects it may have: each is watched by itself.
	MaxObjects = 128
	// maxList is its size in bytes.
	maxList = 256 << 10
	// MaxSize is how many bytes an object's values may have together, and MaxKeys how many there may be: an API server takes no object of more
	// than a few MiB.
	MaxSize = 4 << 20
	MaxKeys = 4096
	// maxDepth is how many folders may lead to a copy, its own included.
	maxDepth = 4
)

// Object is one ConfigMap or Secret, and where its copy is.
type Object struct {
	Kind      Kind   `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Directory is the folder of the copy, below that of all copies, with slashes between folders.
	Directory string `json:"directory"`
	// Optional makes an object that is not there an empty folder. Of any other the last copy stays, and nothing begins without one.
	Optional bool `json:"optional,omitempty"`
}

// String names the object as kubectl does.
func (o Object) String() string {
	return fmt.Sprintf("%s %s/%s", o.Kind, o.Namespace, o.Name)
}

// label and name are the names that Kubernetes gives namespaces and other objects (RFC 1123). folder is a part of a path: one that begins
// with a dot is kept for copies in the making.
var (
	label  = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	name   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`)
	folder = regexp.MustCompile(`^[A-Za-z0-9_][-A-Za-z0-9_.]*$`)
)

// maxName is the longest name of an object. That of a folder is shorter than a file's may be, 255 bytes, by what copies add.
const (
	maxName   = 253
	maxFolder = 253 - len("..") - len(".") - objectDigits - len(".") - randomDigits
)

// Check says what is wrong with an object of a list.
func (o Object) Check() error {
	if o.Kind != ConfigMap && o.Kind != Secret {
		return fmt.Errorf("kind %q: only %s and %s are mirrored", o.Kind, ConfigMap, Secret)
	}
	if !label.MatchString(o.Namespace) {
		return fmt.Errorf("namespace %q is not the name of one", o.Namespace)
	}
	if len(o.Name) > maxName || !name.MatchString(o.Name) {
		return fmt.Errorf("name %q is not that of a %s", o.Name, o.Kind)
	}
	parts := strings.Split(o.Directory, "/")
	if len(parts) > maxDepth {
		return fmt.Errorf("directory %q has more than %d parts", o.Directory, maxDepth)
	}
	for _, p := range parts {
		if len(p) > maxFolder || !folder.MatchString(p) {
			return fmt.Errorf("directory %q: write a relative path such as \"keys\" or \"secrets/bank\"", o.Directory)
		}
	}
	return nil
}

// Parse reads a list: a JSON array of objects. No two may have the same folder, or one inside the other's, or that of the configuration.
func Parse(text []byte) ([]Object, error) {
	if len(text) > maxList {
		return nil, fmt.Errorf("%s: larger than %d bytes", List, maxList)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var all []Object
	if err := decoder.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: it is to be a list such as [{\"kind\":\"Secret\",\"namespace\":\"n\",\"name\":\"x\",\"directory\":\"keys\"}]: %w", List, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is more behind the list", List)
	}
	return all, check(all)
}

func check(all []Object) error {
	if len(all) > MaxObjects {
		return fmt.Errorf("%s: %d objects are more than %d", List, len(all), MaxObjects)
	}
	taken := []string{Configuration + "/"}
	for _, o := range all {
		if err := o.Check(); err != nil {
			return fmt.Errorf("%s: %s: %w", List, o, err)
		}
		own := o.Directory + "/"
		for _, other := range taken {
			if strings.HasPrefix(own, other) || strings.HasPrefix(other, own) {
				return fmt.Errorf("%s: %s: directory %q is, or is in, or has in it that of another", List, o, o.Directory)
			}
		}
		taken = append(taken, own)
	}
	return nil
}

// JSON writes a list, sorted by folder, so that the same objects are the same bytes.
func JSON(all []Object) ([]byte, error) {
	if err := check(all); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(all), func(a, b Object) int { return cmp.Compare(a.Directory, b.Directory) })
	if sorted == nil {
		sorted = []Object{}
	}
	return json.Marshal(sorted)
}
