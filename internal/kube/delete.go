package kube

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// StuckError says that an object was asked to go and is still there, and what holds it.
type StuckError struct {
	Key        stack.Key
	Finalizers []string
}

func (e *StuckError) Error() string {
	if len(e.Finalizers) == 0 {
		return fmt.Sprintf("%s was asked to go and is still there", e.Key.Describe())
	}
	return fmt.Sprintf("%s is held by the finalizers %s", e.Key.Describe(), strings.Join(e.Finalizers, ", "))
}

// Hint says what to do.
func (e *StuckError) Hint() string {
	if len(e.Finalizers) == 0 {
		return "Raise timeouts.delete, or look at the events of the object."
	}
	return "The controllers that set these finalizers must finish and remove them: see that they run, then destroy again. " +
		"Finalizers are never removed by this provider, since what they guard would be left behind."
}

// Delete removes the object and waits until it is gone or the context ends. An object of another UID is not ours: it stays. A part
// is given up, and the object goes with the last one.
func (c *Client) Delete(ctx context.Context, key stack.Key, uid string) error {
	r, err := c.resource(ctx, key)
	if errors.Is(err, errNoKind) {
		return nil
	}
	if err != nil {
		return wrap("delete", key, err)
	}
	if key.Part != "" {
		removed, err := c.release(ctx, r, key, uid)
		if err != nil {
			return wrap("delete", key, err)
		}
		if removed == "" {
			return nil
		}
		return gone(ctx, r, key, removed)
	}
	options := metav1.DeleteOptions{}
	if uid != "" {
		options.Preconditions = &metav1.Preconditions{UID: (*types.UID)(&uid)}
	}
	background := metav1.DeletePropagationBackground
	options.PropagationPolicy = &background

	err = r.Delete(ctx, key.Name, options)
	if apierrors.IsNotFound(err) || uid != "" && apierrors.IsConflict(err) {
		return nil
	}
	if err != nil {
		return wrap("delete", key, err)
	}
	return gone(ctx, r, key, uid)
}

// gone waits until the object of this UID ("" for the one that is there) has left, or the context ends.
func gone(ctx context.Context, r dynamic.ResourceInterface, key stack.Key, uid string) error {
	var last *unstructured.Unstructured
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		obj, err := r.Get(ctx, key.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err != nil && ctx.Err() == nil:
			return wrap("delete", key, err)
		case err == nil:
			if uid == "" {
				uid = string(obj.GetUID())
			}
			if string(obj.GetUID()) != uid {
				return nil
			}
			last = obj
		}
		select {
		case <-ctx.Done():
			stuck := &StuckError{Key: key}
			if last != nil {
				stuck.Finalizers = last.GetFinalizers()
			}
			return stuck
		case <-time.After(pause):
		}
	}
}
