package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
)

// listTime is how long the API server has to list one object.
const listTime = 10 * time.Second

// retry is how soon an API server that does not answer is asked again: however long it was away, a suspension arrives within three seconds of
// the first answer that it could have given. Not all gateways ask it in the same moment.
var retry = wait.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Cap: 2 * time.Second, Steps: 8, Jitter: 0.5}

// errAbsent says that an object is not there.
var errAbsent = errors.New("there is none of this name")

// follower keeps the copy of one object. It is the store of its reflector, which calls it from one goroutine.
type follower struct {
	object mirror.Object
	log    *slog.Logger
	// changed is told that the copy holds something else now, and stirred that state differs in any way.
	changed, stirred func()
	stop             context.CancelFunc
	done             chan struct{}

	mu      sync.Mutex
	folder  *mirror.Folder
	heard   bool  // from the API server, of this object
	away    error // why the API server cannot be asked
	failure error // what keeps the copy from being what was heard
}

// run follows the object until ctx is done.
func (f *follower) run(ctx context.Context, client *rest.RESTClient) {
	defer close(f.done)
	resource, expected, list := "configmaps", runtime.Object(&corev1.ConfigMap{}), func() runtime.Object { return &corev1.ConfigMapList{} }
	if f.object.Kind == mirror.Secret {
		resource, expected, list = "secrets", &corev1.Secret{}, func() runtime.Object { return &corev1.SecretList{} }
	}
	request := func(o metav1.ListOptions) *rest.Request {
		o.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, f.object.Name).String()
		return client.Get().Namespace(f.object.Namespace).Resource(resource).VersionedParams(&o, metav1.ParameterCodec)
	}
	reflector := cache.NewReflectorWithOptions(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			ctx, cancel := context.WithTimeout(ctx, listTime)
			defer cancel()
			found := list()
			err := request(o).Do(ctx).Into(found)
			return found, f.asked(ctx, err)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.Watch = true
			watching, err := request(o).Watch(ctx)
			return watching, f.asked(ctx, err)
		},
	}, expected, f, cache.ReflectorOptions{Name: f.object.String(), Backoff: &retry})
	reflector.RunWithContext(klog.NewContext(ctx, logr.Discard())) // what it has to say is in what asked is told
}

// asked notes what a question to the API server came to, and gives the error back. That a version is gone, or a way of asking not known, is no
// failure: the reflector then asks in another way.
func (f *follower) asked(ctx context.Context, err error) error {
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.IsInvalid(err) || errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	var away error
	switch {
	case err == nil:
	case apierrors.IsForbidden(err):
		away = fmt.Errorf("the API server does not let it be read; grant get, list and watch of it by its name (resourceNames) to the service account: %w", err)
	case apierrors.IsUnauthorized(err):
		away = fmt.Errorf("the API server does not take the service account's token: %w", err)
	default:
		away = fmt.Errorf("the API server does not answer: %w", err)
	}
	f.mu.Lock()
	before := f.away
	f.away = away
	f.mu.Unlock()
	switch {
	case before == nil && away != nil:
		f.log.Warn("not followed for now; the last copy holds", "object", f.object.String(), "error", away)
		f.stirred()
	case before != nil && away == nil:
		f.log.Info("followed again", "object", f.object.String())
		f.stirred()
	}
	return err
}

// Replace implements cache.ReflectorStore: all that there is of the object now.
func (f *follower) Replace(all []any, _ string) error {
	for _, o := range all {
		if m, ok := o.(metav1.Object); ok && m.GetName() == f.object.Name {
			return f.take(o)
		}
	}
	return f.absent()
}

// Add implements cache.ReflectorStore.
func (f *follower) Add(o any) error { return f.take(o) }

// Update implements cache.ReflectorStore.
func (f *follower) Update(o any) error { return f.take(o) }

// Delete implements cache.ReflectorStore.
func (f *follower) Delete(any) error { return f.absent() }

// Resync implements cache.ReflectorStore.
func (f *follower) Resync() error { return nil }

// absent takes note of an object that is not there. What it said last holds, since what is missing is more often an accident than a wish, and
// a gateway without its configuration would be worse; an optional object is empty.
func (f *follower) absent() error {
	if f.object.Optional {
		return f.copy(nil)
	}
	f.mu.Lock()
	known := errors.Is(f.failure, errAbsent)
	f.heard, f.failure = true, errAbsent
	has := f.folder.Has()
	f.mu.Unlock()
	if !known && has {
		f.log.Warn("it is gone; its last copy holds", "object", f.object.String())
	}
	f.stirred()
	return nil
}

func (f *follower) take(o any) error {
	switch o := o.(type) {
	case *corev1.ConfigMap:
		files := make(map[string][]byte, len(o.Data)+len(o.BinaryData))
		for key, text := range o.Data {
			files[key] = []byte(text)
		}
		for key, bytes := range o.BinaryData {
			files[key] = bytes
		}
		return f.copy(files)
	case *corev1.Secret:
		return f.copy(o.Data)
	}
	return fmt.Errorf("%s: the API server gives a %T", f.object, o)
}

// copy makes the copy hold these files. What cannot be copied is told, and not an error of the reflector's, which could do nothing about it.
func (f *follower) copy(files map[string][]byte) error {
	f.mu.Lock()
	changed, err := f.folder.Replace(files)
	f.heard, f.failure = true, nil
	if err != nil {
		f.failure = fmt.Errorf("it cannot be copied: %w", err)
	}
	f.mu.Unlock()
	if err != nil {
		f.log.Error("cannot be copied; the last copy holds", "object", f.object.String(), "error", err)
	}
	f.stirred()
	if changed {
		f.changed()
	}
	return nil
}

// settled says that nothing better than the copy is to be had at the moment, and lacking why there is none.
func (f *follower) settled() (settled bool, lacking error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	why := f.why()
	switch {
	case f.folder.Has():
		return f.heard || f.away != nil, nil
	case why == nil:
		why = errors.New("the API server has not answered yet")
	}
	return false, fmt.Errorf("%s: %w", f.object, why)
}

// stale says why the copy may not be the object as it is, nil where nothing is known of that.
func (f *follower) stale() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if why := f.why(); why != nil {
		return fmt.Errorf("%s: %w", f.object, why)
	}
	return nil
}

// why is what is wrong first. The lock is held.
func (f *follower) why() error {
	if f.away != nil {
		return f.away
	}
	return f.failure
}
