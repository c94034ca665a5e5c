package active

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What a wait came to is what its last look saw. Slowness and blindness are told from what is not there: neither is late.
func TestAWaitClaimsOnlyWhatItSaw(t *testing.T) {
	sees := func(what string) look {
		return func(context.Context) (bool, string, error) { return false, what, nil }
	}
	fails := func(err error) look { return func(context.Context) (bool, string, error) { return false, "", err } }
	cutOff := look(func(ctx context.Context) (bool, string, error) {
		<-ctx.Done()
		return false, "an answer", ctx.Err()
	})
	done := look(func(context.Context) (bool, string, error) { return true, "", nil })
	blind := fails(unseen{errors.New("the pod does not answer")})
	busy := fails(apierrors.NewTooManyRequests("busy", 1))
	refused := fails(apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "p", nil))
	for _, test := range []struct {
		name  string
		looks []look // the last of them again and again
		late  bool
		says  string
		after time.Duration
	}{
		{"what is not there", []look{sees("a"), sees("b")}, true, "b", 10 * time.Second},
		{"a look that is cut off hides nothing", []look{sees("a"), sees("b"), cutOff}, true, "b", 10 * time.Second},
		{"one look alone, cut off", []look{cutOff}, false, "not one look was finished", 10 * time.Second},
		{"a pod that never answers", []look{blind}, false, "nobody could look: the pod does not answer", 10 * time.Second},
		{"a pod that answers no more", []look{sees("a"), blind}, false, "nobody could look: the pod does not answer", 10 * time.Second},
		{"a pod that answers again", []look{sees("a"), blind, sees("b")}, true, "b", 10 * time.Second},
		{"an API server that is busy for a moment", []look{busy, sees("a"), done}, false, "", time.Second},
		{"what is refused", []look{sees("a"), refused}, false, "forbidden", 500 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, looks := time.Now(), 0
				a := &arena{client: &client{options: Options{Patience: 30 * time.Second}}, ctx: t.Context()}
				err := a.until(func(ctx context.Context) (bool, string, error) {
					looks++
					return test.looks[min(looks, len(test.looks))-1](ctx)
				})
				what, late := tooLate(err)
				if late != test.late || late && what != test.says || !late && err != nil && !strings.Contains(err.Error(), test.says) || (err == nil) != (test.says == "") {
					t.Errorf("late %v, %v", late, err)
				}
				if took := time.Since(start); took != test.after {
					t.Errorf("it took %s, want %s", took, test.after)
				}
			})
		})
	}
}

// A step that others left less than its time says nothing by its end, and neither does one that was interrupted.
func TestAStepWithoutItsTimeClaimsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, end := range []struct {
			by   func(context.Context) (context.Context, context.CancelFunc)
			want error
		}{
			{func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, 9*time.Second)
			}, errNoTimeLeft},
			{func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(9*time.Second, cancel)
				return ctx, cancel
			}, context.Canceled},
		} {
			ctx, cancel := end.by(t.Context())
			a := &arena{client: &client{options: Options{Patience: 30 * time.Second}}, ctx: ctx}
			err := a.until(func(context.Context) (bool, string, error) { return false, "a", nil })
			if _, late := tooLate(err); late || !errors.Is(err, end.want) {
				t.Errorf("late %v, %v", late, err)
			}
			cancel()
		}
	})
}

// Where what fits takes long, what does not fit is watched for longer still.
func TestWhatMustNotHappenIsWatchedForAsLongAsItWouldTake(t *testing.T) {
	for took, want := range map[time.Duration]time.Duration{time.Second: 15 * time.Second, 20 * time.Second: time.Minute} {
		if got := asLongAs(took); got != want {
			t.Errorf("after %s it is watched for %s, want %s", took, got, want)
		}
	}
}
