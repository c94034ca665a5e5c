package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// identityConfiguration has as many identities as asked for, in all namespaces alike. Each is a ServiceAccount and a ClusterSPIFFEID.
func identityConfiguration(kubeconfig string, identities int) string {
	return fmt.Sprintf(`terraform {
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

provider "agent" {
  trust_domain = "agents.example.org"
  kubernetes   = { config_path = %q }
}

resource "agent_identity" "agent" {
  for_each  = { for i in range(%d) : format("agent-%%05d", i) => format("bench-%%d", i %% %d) }
  name      = each.key
  namespace = each.value
}
`, kubeconfig, identities, namespaces)
}

func manifestConfiguration(kubeconfig string) string {
	return fmt.Sprintf(`terraform {
  required_providers {
    kubernetes = { source = "hashicorp/kubernetes" }
  }
}

provider "kubernetes" {
  config_path = %q
}

resource "kubernetes_manifest" "object" {
  for_each = jsondecode(file("${path.module}/objects.json"))
  manifest = each.value
}
`, kubeconfig)
}

func dataConfiguration(resources int) string {
	return fmt.Sprintf(`resource "terraform_data" "agent" {
  for_each = { for i in range(%d) : format("agent-%%05d", i) => format("bench-%%d", i %% %d) }
  input    = { name = each.key, namespace = each.value }
}
`, resources, namespaces)
}

// manifestsByKey gives the objects as a JSON object of manifests.
func manifestsByKey(objects []stack.Object) (string, error) {
	manifests := map[string]any{}
	for _, object := range objects {
		manifests[object.Key.String()] = object.Body
	}
	return stack.CanonicalJSON(manifests)
}

// objectsIn gives the objects that the resources in a state own, from what "terraform show -json" prints, in the order of their keys.
func objectsIn(state []byte) ([]stack.Object, error) {
	var shown struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Values struct{ Objects map[string]string }
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal(state, &shown); err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	var objects []stack.Object
	for _, resource := range shown.Values.RootModule.Resources {
		for text, projection := range resource.Values.Objects {
			key, err := stack.ParseKey(text)
			if err != nil {
				return nil, err
			}
			object := stack.Object{Key: key}
			if err := json.Unmarshal([]byte(projection), &object.Body); err != nil {
				return nil, fmt.Errorf("read %s in the state: %w", key.Describe(), err)
			}
			objects = append(objects, object)
		}
	}
	if len(objects) == 0 {
		return nil, errors.New("the state holds no objects")
	}
	slices.SortFunc(objects, func(a, b stack.Object) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return objects, nil
}
