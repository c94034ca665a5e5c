package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// workers is how many operations Terraform runs at once where it is not told otherwise.
const workers = 10

// resources are the names under which the API server serves the kinds of an agent identity.
var resources = map[string]string{"ServiceAccount": "serviceaccounts", "ClusterSPIFFEID": "clusterspiffeids"}

// plain measures the floor: client-go with as many workers as Terraform has, and in each phase the one request per object that no
// tool that sees drift can do without.
func (b *bench) plain(ctx context.Context, objects []stack.Object) (contender, error) {
	config, err := clientcmd.BuildConfigFromFlags("", b.cluster.User(contenderPlain, "system:masters"))
	if err != nil {
		return contender{}, err
	}
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return contender{}, err
	}
	apply := func(options metav1.ApplyOptions) func(dynamic.ResourceInterface, stack.Object) error {
		return func(r dynamic.ResourceInterface, o stack.Object) error {
			_, err := r.Apply(ctx, o.Key.Name, &unstructured.Unstructured{Object: o.Body}, options)
			return err
		}
	}
	c := contender{Name: contenderPlain}
	for _, phase := range []struct {
		name string
		do   func(dynamic.ResourceInterface, stack.Object) error
	}{
		{phasePlan, apply(metav1.ApplyOptions{FieldManager: "bench", DryRun: []string{metav1.DryRunAll}})},
		{phaseApply, apply(metav1.ApplyOptions{FieldManager: "bench"})},
		{phaseReplan, func(r dynamic.ResourceInterface, o stack.Object) error {
			_, err := r.Get(ctx, o.Key.Name, metav1.GetOptions{})
			return err
		}},
		{phaseDestroy, func(r dynamic.ResourceInterface, o stack.Object) error {
			return r.Delete(ctx, o.Key.Name, metav1.DeleteOptions{})
		}},
	} {
		m, err := b.measure(ctx, phase.name, contenderPlain, func() (usage, error) {
			start := time.Now()
			err := inParallel(objects, func(o stack.Object) error {
				r, err := resourceOf(client, o.Key)
				if err != nil {
					return err
				}
				return phase.do(r, o)
			})
			return usage{wall: time.Since(start)}, err
		})
		if err != nil {
			return contender{}, fmt.Errorf("%s: %s: %w", contenderPlain, phase.name, err)
		}
		c.Phases = append(c.Phases, m)
	}
	return c, nil
}

func resourceOf(client dynamic.Interface, key stack.Key) (dynamic.ResourceInterface, error) {
	name, ok := resources[key.Kind]
	if !ok {
		return nil, fmt.Errorf("it is not known under which name the API server serves %s", key.Kind)
	}
	r := client.Resource(schema.GroupVersionResource{Group: key.Group, Version: key.Version, Resource: name})
	if key.Namespace == "" {
		return r, nil
	}
	return r.Namespace(key.Namespace), nil
}

// inParallel calls do for every object, and gives the first error. The others are then left.
func inParallel(objects []stack.Object, do func(stack.Object) error) error {
	queue := make(chan stack.Object)
	failed := make(chan struct{})
	var first error
	var once sync.Once
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for o := range queue {
				if err := do(o); err != nil {
					once.Do(func() {
						first = fmt.Errorf("%s: %w", o.Key.Describe(), err)
						close(failed)
					})
					return
				}
			}
		})
	}
	func() {
		defer close(queue)
		for _, o := range objects {
			select {
			case queue <- o:
			case <-failed:
				return
			}
		}
	}()
	group.Wait()
	return first
}
