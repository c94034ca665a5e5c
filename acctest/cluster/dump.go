package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

// Dump writes all objects of the cluster to a folder, a file for each kind, and the logs of all pods, for whoever looks for what went
// wrong. Values of Secrets are left out. It writes what it can, and the error says what it could not.
func (c *Cluster) Dump(ctx context.Context, dir string) error {
	lists, err := c.discovery.ServerPreferredResources()
	if err != nil && len(lists) == 0 {
		return fmt.Errorf("list the kinds of the cluster: %w", err)
	}
	problems := []error{err}
	objects := filepath.Join(dir, "objects")
	if err := os.MkdirAll(objects, 0o755); err != nil {
		return err
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return err
		}
		for _, kind := range list.APIResources {
			if slices.Contains(kind.Verbs, "list") {
				problems = append(problems, c.dumpKind(ctx, version.WithResource(kind.Name), objects))
			}
		}
	}
	return errors.Join(append(problems, c.dumpLogs(ctx, filepath.Join(dir, "logs")))...)
}

func (c *Cluster) dumpKind(ctx context.Context, kind schema.GroupVersionResource, dir string) error {
	list, err := c.Dynamic.Resource(kind).List(ctx, metav1.ListOptions{})
	if err != nil || len(list.Items) == 0 {
		return err
	}
	for i := range list.Items {
		if list.Items[i].GetKind() == "Secret" {
			conceal(&list.Items[i])
		}
	}
	text, err := yaml.Marshal(list)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, kind.GroupResource().String()+".yaml"), text, 0o600)
}

// conceal keeps the keys of a Secret, and of their values the length.
func conceal(secret *unstructured.Unstructured) {
	data, _, _ := unstructured.NestedMap(secret.Object, "data")
	for key, value := range data {
		text, _ := value.(string)
		data[key] = fmt.Sprintf("%d characters of base64", len(text))
	}
	secret.Object["data"] = data
}

// dumpLogs writes the log of each container, and that of its run before where there was one.
func (c *Cluster) dumpLogs(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	pods, err := c.API.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	var problems []error
	for _, pod := range pods.Items {
		for _, status := range append(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses...) {
			problems = append(problems, c.dumpLog(ctx, &pod, status, dir))
		}
	}
	return errors.Join(problems...)
}

func (c *Cluster) dumpLog(ctx context.Context, pod *corev1.Pod, status corev1.ContainerStatus, dir string) error {
	which := Pod{pod.Namespace, pod.Name, status.Name}
	file := filepath.Join(dir, fmt.Sprintf("%s.%s.%s.log", pod.Namespace, pod.Name, status.Name))
	if status.RestartCount > 0 {
		if text, err := c.Logs(ctx, which, true); err == nil { // the node may have forgotten it
			if err := os.WriteFile(file+".before", text, 0o600); err != nil {
				return err
			}
		}
	}
	if status.State.Waiting != nil {
		return nil
	}
	text, err := c.Logs(ctx, which, false)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
