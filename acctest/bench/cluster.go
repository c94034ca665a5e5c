package main

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// namespaces is over how many namespaces the identities are spread.
const namespaces = 10

func namespace(i int) string { return fmt.Sprintf("bench-%d", i) }

// startCluster starts a control plane that serves SPIRE's kinds and holds the namespaces.
func startCluster(ctx context.Context) (_ *controlplane.ControlPlane, err error) {
	for _, t := range []tool.Tool{tool.Etcd, tool.KubeAPIServer} {
		if _, err := t.Find(); err != nil {
			return nil, fmt.Errorf("`make tools` builds what a control plane needs: %w", err)
		}
	}
	c, err := controlplane.Run(ctx, controlplane.Config{})
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, c); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func prepare(ctx context.Context, c *controlplane.ControlPlane) error {
	crds, err := crd.SPIRE.Find(ctx)
	if err != nil {
		return err
	}
	if err := c.InstallCRDs(ctx, crds); err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(c.Config())
	if err != nil {
		return err
	}
	for i := range namespaces {
		ns := &unstructured.Unstructured{}
		ns.SetAPIVersion("v1")
		ns.SetKind("Namespace")
		ns.SetName(namespace(i))
		gvr := schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
		if _, err := client.Resource(gvr).Apply(ctx, ns.GetName(), ns, metav1.ApplyOptions{FieldManager: "bench"}); err != nil {
			return fmt.Errorf("make the namespace %s: %w", ns.GetName(), err)
		}
	}
	return nil
}
