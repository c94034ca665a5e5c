package conformance_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
)

// kueue gives Kueue as its project ships it, run by this image: its kinds, and everything else. Of its webhooks there are those for jobs
// and for its own kinds, so that nothing else in the cluster waits for it. An impostor has no webhooks, and is not asked how it is.
func (s *stage) kueue(image string, impostor bool) (kinds, rest string) {
	s.Helper()
	var crds, others []string
	for _, o := range s.kustomized(filepath.Join(crd.Dir(s.T, crd.Kueue), "..", "..", "..", "default")) {
		switch o.GetKind() {
		case "APIService", "FlowSchema", "PriorityLevelConfiguration":
			continue // of the server that shows what is pending
		case "ClusterRole":
			if strings.HasSuffix(o.GetName(), "-editor-role") || strings.HasSuffix(o.GetName(), "-viewer-role") {
				continue // of people
			}
		case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
			if impostor {
				continue
			}
			s.ownWebhooks(o)
		case "Deployment":
			s.runs(o, image, impostor)
		}
		document, err := yaml.Marshal(o.Object)
		if err != nil {
			s.Fatal(err)
		}
		if o.GetKind() == "CustomResourceDefinition" {
			crds = append(crds, string(document))
		} else {
			others = append(others, string(document))
		}
	}
	return strings.Join(crds, "---\n"), strings.Join(others, "---\n")
}

// kustomized gives the objects of a kustomization.
func (s *stage) kustomized(folder string) []*unstructured.Unstructured {
	s.Helper()
	kubectl, err := tool.Kubectl.Find()
	if err != nil {
		if kubectl, err = exec.LookPath("kubectl"); err != nil {
			s.Skip("needs kubectl, which builds manifests of projects")
		}
	}
	text, err := exec.CommandContext(s.Context(), kubectl, "kustomize", folder).Output()
	if err != nil {
		s.Fatalf("kubectl kustomize %s: %v", folder, err)
	}
	objects, err := cluster.Read(text)
	if err != nil {
		s.Fatal(err)
	}
	return objects
}

// ownWebhooks leaves those for jobs and for Kueue's own kinds.
func (s *stage) ownWebhooks(configuration *unstructured.Unstructured) {
	s.Helper()
	hooks, _, err := unstructured.NestedSlice(configuration.Object, "webhooks")
	if err != nil {
		s.Fatal(err)
	}
	hooks = slices.DeleteFunc(hooks, func(hook any) bool {
		rules, _, err := unstructured.NestedSlice(hook.(map[string]any), "rules")
		if err != nil || len(rules) == 0 {
			return true
		}
		groups, _, err := unstructured.NestedStringSlice(rules[0].(map[string]any), "apiGroups")
		return err != nil || !slices.Contains(groups, "kueue.x-k8s.io") && !slices.Contains(groups, "batch")
	})
	if err := unstructured.SetNestedSlice(configuration.Object, hooks, "webhooks"); err != nil {
		s.Fatal(err)
	}
}

// runs has the manager run from this image, with what a small node can spare.
func (s *stage) runs(deployment *unstructured.Unstructured, image string, impostor bool) {
	s.Helper()
	path := []string{"spec", "template", "spec", "containers"}
	containers, _, err := unstructured.NestedSlice(deployment.Object, path...)
	if err != nil || len(containers) != 1 {
		s.Fatalf("%d containers: %v", len(containers), err)
	}
	manager := containers[0].(map[string]any)
	manager["image"], manager["imagePullPolicy"] = image, "IfNotPresent"
	delete(manager, "command") // of the released image
	if impostor {
		delete(manager, "livenessProbe")
		delete(manager, "readinessProbe")
	}
	manager["resources"] = map[string]any{"requests": map[string]any{"cpu": "10m", "memory": "64Mi"}}
	if err := unstructured.SetNestedSlice(deployment.Object, containers, path...); err != nil {
		s.Fatal(err)
	}
}

// With its kinds alone, with a controller that is none, and with the real one, which starts a gang whole or not at all.
func TestGangsOfKueue(t *testing.T) {
	s := enter(t)
	kinds, impostor := s.kueue(s.Images.Probe, true)
	_, manager := s.kueue(s.Images.Kueue, false)
	s.soon("gang_scheduling", kars.NotDetected, "No gang scheduler")
	s.bring(kinds)
	s.soon("gang_scheduling", kars.NotDetected, "Kueue does not run")

	// A Deployment that is available under Kueue's name.
	removeImpostor := s.bring(impostor)
	report := s.soon("gang_scheduling", kars.Detected, "Kueue")
	s.want(s.try(report, active.Options{Patience: brevity}), kars.NotDetected, "Kueue does not start a job")
	s.want(s.try(s.soon("robust_controller", kars.Detected, ""), active.Options{}), kars.NotDetected, "A ClusterQueue that is none was let in by Kueue")
	removeImpostor()

	removeManager := s.bring(manager)
	// Its webhooks answer a moment after it is ready, when it has given them a certificate.
	s.eventuallyTries("gang_scheduling", active.Options{}, kars.Verified, "whole or not at all")
	s.eventuallyTries("robust_controller", active.Options{}, kars.Verified, "refused by its webhook")
	s.nothingIsLeft("gang_scheduling")
	removeManager()
	s.soon("gang_scheduling", kars.NotDetected, "Kueue does not run")
}
