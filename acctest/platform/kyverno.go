package platform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// kyvernoManifest is Kyverno's own, in its module, beside the folder of its CRDs.
const kyvernoManifest = "install-latest-testing.yaml"

// kyverno brings in the admission and the reports controller. What generates and cleans up objects is left out: no policy of ours does.
func (s *setup) kyverno(ctx context.Context) error {
	crds, err := crd.Kyverno.Find(ctx)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(crds)), kyvernoManifest))
	if err != nil {
		return err
	}
	objects, err := cluster.Read(text)
	if err != nil {
		return fmt.Errorf("%s: %w", kyvernoManifest, err)
	}
	objects = slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == "Deployment" && !slices.Contains([]string{"kyverno-admission-controller", "kyverno-reports-controller"}, o.GetName())
	})
	for _, o := range objects {
		if o.GetKind() == "Deployment" {
			if err := s.adapt(o); err != nil {
				return fmt.Errorf("the Deployment %q of %s: %w", o.GetName(), kyvernoManifest, err)
			}
		}
	}
	return s.install(ctx, objects)
}

// adapt names our images, and has reports written soon: the tests wait for them.
func (s *setup) adapt(deployment *unstructured.Unstructured) error {
	images := map[string]string{
		"kyvernopre": s.Images.KyvernoInit, "kyverno": s.Images.KyvernoAdmission, "reports-controller": s.Images.KyvernoReports,
	}
	for _, field := range []string{"initContainers", "containers"} {
		path := []string{"spec", "template", "spec", field}
		containers, found, err := unstructured.NestedSlice(deployment.Object, path...)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		for _, c := range containers {
			container, _ := c.(map[string]any)
			name, _ := container["image"].(string)
			name = name[strings.LastIndexByte(name, '/')+1:]
			ours, ok := images[strings.TrimSuffix(name, ":latest")]
			if !ok {
				return fmt.Errorf("there is no image for %v", container["image"])
			}
			container["image"] = ours
			args, _ := container["args"].([]any)
			for i, arg := range args {
				if arg == "--backgroundScanInterval=1h" {
					args[i] = "--backgroundScanInterval=30s"
				}
			}
		}
		if err := unstructured.SetNestedSlice(deployment.Object, containers, path...); err != nil {
			return err
		}
	}
	return nil
}
