package gateway

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// lives says whether a pod is a replica that is there to stay: one that ends serves nobody new, and one that has ended nobody.
func lives(pod map[string]any) bool {
	_, ending, _ := unstructured.NestedString(pod, "metadata", "deletionTimestamp")
	phase, _, _ := unstructured.NestedString(pod, "status", "phase")
	return !ending && phase != "Succeeded" && phase != "Failed"
}

// notRunning says, for a person, why a pod cannot be asked; "" where it can.
func notRunning(pod map[string]any) string {
	phase, _, _ := unstructured.NestedString(pod, "status", "phase")
	containers, _, _ := unstructured.NestedSlice(pod, "status", "containerStatuses")
	for _, c := range containers {
		status, _ := c.(map[string]any)
		waiting, is, _ := unstructured.NestedMap(status, "state", "waiting")
		if is {
			return reason(waiting)
		}
	}
	if phase == "Running" {
		return ""
	}
	conditions, _, _ := unstructured.NestedSlice(pod, "status", "conditions")
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		if condition["status"] == "False" && condition["type"] == "PodScheduled" {
			return reason(condition)
		}
	}
	if phase == "" {
		return "Pending"
	}
	return phase
}

// ready says whether the kubelet finds a pod ready.
func ready(pod map[string]any) bool {
	conditions, _, _ := unstructured.NestedSlice(pod, "status", "conditions")
	for _, c := range conditions {
		condition, _ := c.(map[string]any)
		if condition["type"] == "Ready" {
			return condition["status"] == "True"
		}
	}
	return false
}

func reason(state map[string]any) string {
	why, _ := state["reason"].(string)
	if message, _ := state["message"].(string); message != "" {
		why += ": " + message
	}
	return why
}

// rolling says, for a person, what a Deployment still waits for; "" where all its replicas are there and of its present template.
func rolling(deployment map[string]any, living int) string {
	number := func(fallback int64, fields ...string) int64 {
		n, found, _ := unstructured.NestedInt64(deployment, fields...)
		if !found {
			return fallback
		}
		return n
	}
	wanted := number(1, "spec", "replicas")
	updated, all := number(0, "status", "updatedReplicas"), number(0, "status", "replicas")
	switch {
	case number(0, "status", "observedGeneration") < number(0, "metadata", "generation"):
		return "the Deployment's controller has not seen it yet"
	case updated < wanted:
		return fmt.Sprintf("%d of %d replicas are of the new template", updated, wanted)
	case all > updated:
		return fmt.Sprintf("%d replicas of the old template are to go", all-updated)
	case int64(living) < wanted:
		return fmt.Sprintf("%d of %d replicas are there", living, wanted)
	}
	return ""
}
