package kube

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// maxManager is how long a field manager's name may be.
const maxManager = 128

// manager is the field manager of an object or of one part of it. By it the API server tells the parts of a shared object apart:
// an apply of one neither shows nor removes what another has there.
func (c *Client) manager(key stack.Key) string {
	name := c.options.FieldManager
	if key.Part == "" {
		return name
	}
	name += "/" + key.Part
	if len(name) <= maxManager {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	tail := "." + hex.EncodeToString(sum[:16])
	return name[:maxManager-len(tail)] + tail
}

// release gives a part up, and removes the object where nothing of anybody is left in it; removed is then its UID. Every step holds
// for the object as it was read last: where somebody else wrote meanwhile, it is read and judged anew, so that no part is lost that
// came at the last moment.
func (c *Client) release(ctx context.Context, r dynamic.ResourceInterface, key stack.Key, uid string) (removed string, err error) {
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		removed, err = c.tryRelease(ctx, r, key, uid)
		if apierrors.IsNotFound(err) {
			return "", nil
		}
		if !apierrors.IsConflict(err) {
			return removed, err
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(pause):
		}
	}
}

func (c *Client) tryRelease(ctx context.Context, r dynamic.ResourceInterface, key stack.Key, uid string) (removed string, err error) {
	obj, err := r.Get(ctx, key.Name, metav1.GetOptions{})
	if err != nil || uid != "" && string(obj.GetUID()) != uid {
		return "", err
	}
	if obj, err = c.withdraw(ctx, r, key, obj); err != nil || occupied(obj) {
		return "", err
	}
	own, version := obj.GetUID(), obj.GetResourceVersion()
	err = r.Delete(ctx, key.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &own, ResourceVersion: &version}})
	return string(own), err
}

// withdraw gives the object without the part: first without the fields that the part's manager alone owns, then without the part's
// data, which is another manager's where somebody edited it.
func (c *Client) withdraw(ctx context.Context, r dynamic.ResourceInterface, key stack.Key, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	force := true
	options := metav1.PatchOptions{FieldManager: c.manager(key), Force: &force}
	obj, err := r.Patch(ctx, key.Name, types.ApplyPatchType, []byte(claim(key, obj, "")), options)
	if err != nil {
		return nil, err
	}
	if _, there, _ := unstructured.NestedFieldNoCopy(obj.Object, "data", key.Part); !there {
		return obj, nil
	}
	options.Force = nil
	return r.Patch(ctx, key.Name, types.MergePatchType, []byte(claim(key, obj, fmt.Sprintf(`,"data":{%q:null}`, key.Part))), options)
}

// claim is a patch of the object as it was read, and of no other.
func claim(key stack.Key, obj *unstructured.Unstructured, content string) string {
	return fmt.Sprintf(`{"apiVersion":%q,"kind":%q,"metadata":{"name":%q,"namespace":%q,"uid":%q,"resourceVersion":%q}%s}`,
		key.APIVersion(), key.Kind, key.Name, key.Namespace, obj.GetUID(), obj.GetResourceVersion(), content)
}

// occupied says whether anybody has anything in an object: fields that a manager owns, or data whose manager is not recorded.
func occupied(obj *unstructured.Unstructured) bool {
	for _, section := range []string{"data", "binaryData"} {
		if entries, _, _ := unstructured.NestedMap(obj.Object, section); len(entries) > 0 {
			return true
		}
	}
	return len(otherManagers(obj, "")) > 0
}
