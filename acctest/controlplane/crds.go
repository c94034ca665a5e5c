package controlplane

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

var crdResource = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// InstallCRDs applies every CustomResourceDefinition in the YAML files and folders given, other objects there aside, and waits
// until the API server serves them and OpenAPI v3 describes them. On a cluster that was not started here, CRDs that somebody
// else has installed and that differ are left as they are, and are an error.
func (c *ControlPlane) InstallCRDs(ctx context.Context, paths ...string) error {
	return installCRDs(ctx, c.Config(), !c.existing, paths)
}

// InstallCRDs applies every CustomResourceDefinition in the YAML files and folders given as the method of that name does, on any
// cluster, over whatever was there.
func InstallCRDs(ctx context.Context, config *rest.Config, paths ...string) error {
	return installCRDs(ctx, config, true, paths)
}

func installCRDs(ctx context.Context, config *rest.Config, force bool, paths []string) error {
	crds, err := readCRDs(paths)
	if err != nil {
		return fmt.Errorf("install CRDs: %w", err)
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("install CRDs: %w", err)
	}
	for _, crd := range crds {
		options := metav1.ApplyOptions{FieldManager: "agentward-crds", Force: force}
		if _, err := client.Resource(crdResource).Apply(ctx, crd.GetName(), crd, options); err != nil {
			return fmt.Errorf("install the CRD %s: %w", crd.GetName(), err)
		}
	}
	for _, crd := range crds {
		if err := waitUntilEstablished(ctx, client, crd.GetName()); err != nil {
			return fmt.Errorf("install the CRD %s: %w", crd.GetName(), err)
		}
	}
	return waitUntilDescribed(ctx, config, crds)
}

func readCRDs(paths []string) ([]*unstructured.Unstructured, error) {
	var crds []*unstructured.Unstructured
	for _, path := range paths {
		files := []string{path}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
				return nil, err
			}
		}
		found := 0
		for _, file := range files {
			more, err := readCRDFile(file)
			if err != nil {
				return nil, err
			}
			crds = append(crds, more...)
			found += len(more)
		}
		if found == 0 {
			return nil, fmt.Errorf("%s holds no CustomResourceDefinition", path)
		}
	}
	return crds, nil
}

func readCRDFile(file string) ([]*unstructured.Unstructured, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var crds []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return crds, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		// controller-gen leaves a nameless one behind for types without a kind.
		if object.GetKind() == "CustomResourceDefinition" && !strings.HasPrefix(object.GetName(), ".") {
			unstructured.RemoveNestedField(object.Object, "status")
			unstructured.RemoveNestedField(object.Object, "metadata", "creationTimestamp")
			crds = append(crds, object)
		}
	}
}

func waitUntilEstablished(ctx context.Context, client dynamic.Interface, name string) error {
	return poll(ctx, func() error {
		live, err := client.Resource(crdResource).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return crd.Established(live)
	})
}

// waitUntilDescribed waits for OpenAPI v3, which follows discovery by a moment: a dry run in between would not know the types of
// the fields.
func waitUntilDescribed(ctx context.Context, config *rest.Config, crds []*unstructured.Unstructured) error {
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return fmt.Errorf("wait for OpenAPI: %w", err)
	}
	wanted := map[string][]string{}
	for _, crd := range crds {
		group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, version := range versions {
			if v, ok := version.(map[string]any); ok && v["served"] == true {
				path := fmt.Sprintf("/openapi/v3/apis/%s/%v", group, v["name"])
				wanted[path] = append(wanted[path], kind)
			}
		}
	}
	for path, kinds := range wanted {
		err := poll(ctx, func() error {
			raw, err := client.RESTClient().Get().AbsPath(path).Do(ctx).Raw()
			if err != nil {
				return err
			}
			described, err := describedKinds(raw)
			if err != nil {
				return err
			}
			for _, kind := range kinds {
				if !slices.Contains(described, kind) {
					return fmt.Errorf("%s does not describe %s", path, kind)
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("wait for OpenAPI: %w", err)
		}
	}
	return nil
}

func describedKinds(raw []byte) ([]string, error) {
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Kinds []struct{ Kind string } `json:"x-kubernetes-group-version-kind"`
			}
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		return nil, err
	}
	var kinds []string
	for _, schema := range document.Components.Schemas {
		for _, kind := range schema.Kinds {
			kinds = append(kinds, kind.Kind)
		}
	}
	return kinds, nil
}

// poll calls try until it succeeds, for at most a minute.
func poll(ctx context.Context, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last answer: %w", ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
