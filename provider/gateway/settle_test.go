package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// fakeFleet plays a cluster whose replicas change while they are looked at, which a control plane without kubelets cannot.
type fakeFleet struct {
	mu    sync.Mutex
	looks int
	at    func(look int) (deployment string, pods map[string]string, err error)
	says  func(look int, pod string) (string, error)
}

func (f *fakeFleet) deployment(context.Context) (map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	text, _, err := f.at(f.looks)
	if err != nil {
		return nil, err
	}
	return object(text), nil
}

func (f *fakeFleet) pods(context.Context) ([]map[string]any, error) {
	_, pods, err := f.at(f.looks)
	var all []map[string]any
	for name, text := range pods {
		pod := object(text)
		metadata, _ := pod["metadata"].(map[string]any)
		if metadata == nil {
			metadata = map[string]any{}
			pod["metadata"] = metadata
		}
		metadata["name"] = name
		all = append(all, pod)
	}
	return all, err
}

func (f *fakeFleet) report(_ context.Context, pod string) (report, error) {
	text, err := f.says(f.looks, pod)
	if err != nil {
		return report{}, err
	}
	var r report
	return r, json.Unmarshal([]byte(text), &r)
}

// object reads JSON as the API client does, with whole numbers as int64.
func object(text string) map[string]any {
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		panic(err)
	}
	return whole(o)
}

func whole(o map[string]any) map[string]any {
	for k, v := range o {
		switch v := v.(type) {
		case float64:
			o[k] = int64(v)
		case map[string]any:
			whole(v)
		}
	}
	return o
}

// of gives a Deployment of so many wanted, existing and updated replicas.
func of(wanted, all, updated int) string {
	return fmt.Sprintf(`{"metadata":{"generation":2},"spec":{"replicas":%d},"status":{"observedGeneration":2,"replicas":%d,"updatedReplicas":%d}}`, wanted, all, updated)
}

const (
	running = `{"status":{"phase":"Running"}}`
	serving = `{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`
	ending  = `{"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z"},"status":{"phase":"Running"}}`
	evicted = `{"status":{"phase":"Failed"}}`
	pending = `{"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"no node has room"}]}}`
	crashed = `{"status":{"phase":"Running","containerStatuses":[{"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}`

	fresh   = `{"revision":"new"}`
	stale   = `{"revision":"old"}`
	refuses = `{"revision":"old","refused":{"revision":"new","error":"targets.bank: no such file"}}`
)

var forbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "pods/proxy"}, "gw-1", errors.New("may not"))

// settled waits for a minute at the most, by a clock that moves on where everybody waits for it.
func settled(t *testing.T, f *fakeFleet) (diags diag.Diagnostics) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		diags = settle(ctx, f, "agents/tools", "new")
	})
	return diags
}

func always(deployment string, pods map[string]string) func(int) (string, map[string]string, error) {
	return func(int) (string, map[string]string, error) { return deployment, pods, nil }
}

func TestWaitEndsWhenEveryReplicaHasTheRevision(t *testing.T) {
	two := map[string]string{"gw-1": running, "gw-2": running}
	for name, f := range map[string]*fakeFleet{
		"at once": {at: always(of(2, 2, 2), two), says: func(int, string) (string, error) { return fresh, nil }},
		"after a moment": {at: always(of(2, 2, 2), two), says: func(look int, pod string) (string, error) {
			if look < 3 && pod == "gw-2" {
				return stale, nil
			}
			return fresh, nil
		}},
		"after a refusal that passes": {at: always(of(2, 2, 2), two), says: func(look int, _ string) (string, error) {
			if look < 3 {
				return refuses, nil
			}
			return fresh, nil
		}},
		"with pods that end or have ended": {
			at: always(of(1, 1, 1), map[string]string{"gw-1": running, "gw-2": ending, "gw-3": evicted}),
			says: func(_ int, pod string) (string, error) {
				if pod != "gw-1" {
					return stale, nil
				}
				return fresh, nil
			},
		},
		"when the API server comes back": {
			at: func(look int) (string, map[string]string, error) {
				if look < 3 {
					return "", nil, errors.New("connection refused")
				}
				return of(2, 2, 2), two, nil
			},
			says: func(int, string) (string, error) { return fresh, nil },
		},
		"when the rollout is done": {
			at: func(look int) (string, map[string]string, error) {
				switch look {
				case 1:
					return `{"metadata":{"generation":2},"status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1}}`, map[string]string{"old-1": running}, nil
				case 2:
					return of(1, 2, 1), map[string]string{"old-1": running, "new-1": running}, nil
				}
				return of(1, 1, 1), map[string]string{"old-1": ending, "new-1": running}, nil
			},
			// The old template cannot take it, and is not to.
			says: func(look int, pod string) (string, error) {
				if pod == "old-1" && look < 3 {
					return refuses, nil
				}
				return fresh, nil
			},
		},
		"when the replicas that were asked for meanwhile are there": {
			at: func(look int) (string, map[string]string, error) {
				if look == 1 {
					return of(3, 2, 2), two, nil
				}
				return of(3, 3, 3), map[string]string{"gw-1": running, "gw-2": running, "gw-3": running}, nil
			},
			says: func(int, string) (string, error) { return fresh, nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diags := settled(t, f); len(diags) > 0 {
				t.Error(diags)
			}
		})
	}
}

func TestWaitSaysWhichReplicaIsBehindAndWhy(t *testing.T) {
	f := &fakeFleet{
		at: always(of(5, 5, 5), map[string]string{"gw-1": running, "gw-2": running, "gw-3": pending, "gw-4": crashed, "gw-5": running}),
		says: func(_ int, pod string) (string, error) {
			switch pod {
			case "gw-1":
				return fresh, nil
			case "gw-2":
				return stale, nil
			}
			return "", errors.New("connection refused")
		},
	}
	diags := settled(t, f)
	if !diags.HasError() {
		t.Fatal("no error")
	}
	detail := diags[0].Detail()
	for _, want := range []string{
		"gw-2: has revision old in force", "gw-3: does not run: Unschedulable: no node has room", "gw-4: does not run: CrashLoopBackOff",
		"gw-5: does not answer: connection refused",
	} {
		if !strings.Contains(detail, want) {
			t.Errorf("does not say %q:\n%s", want, detail)
		}
	}
	if strings.Contains(detail, "gw-1") {
		t.Errorf("names a replica that is not behind:\n%s", detail)
	}
}

func TestWaitThatIsBrokenOffSaysWhatItSawLast(t *testing.T) {
	f := &fakeFleet{at: always(of(1, 1, 1), map[string]string{"gw-1": running}), says: func(look int, _ string) (string, error) {
		if look > 1 {
			time.Sleep(2 * time.Minute)
			return "", context.DeadlineExceeded
		}
		return stale, nil
	}}
	if diags := settled(t, f); !diags.HasError() || !strings.Contains(diags[0].Detail(), "gw-1: has revision old in force") {
		t.Error(diags)
	}
}

func TestWaitBelievesNoSilenceWhereOthersAnswer(t *testing.T) {
	f := &fakeFleet{at: always(of(2, 2, 2), map[string]string{"gw-1": serving, "gw-2": serving}), says: func(_ int, pod string) (string, error) {
		if pod == "gw-1" {
			return fresh, nil
		}
		return "", errors.New("error trying to reach service")
	}}
	if diags := settled(t, f); !diags.HasError() || !strings.Contains(diags[0].Detail(), "gw-2: does not answer") {
		t.Error(diags)
	}
}

func TestWaitGivesUpWhatIsRefusedForGood(t *testing.T) {
	f := &fakeFleet{
		at:   always(of(1, 1, 1), map[string]string{"gw-1": running}),
		says: func(int, string) (string, error) { return refuses, nil },
	}
	diags := settled(t, f)
	if !diags.HasError() || !strings.Contains(diags[0].Detail(), "gw-1: refuses it and goes on with revision old: targets.bank: no such file") {
		t.Error(diags)
	} else if !strings.Contains(diags[0].Detail(), fmt.Sprintf("after %s not every", patience)) {
		t.Errorf("it waited for longer than it takes to be sure: %s", diags[0].Detail())
	}
}

func TestWaitThatMayNotSeeIsAWarning(t *testing.T) {
	for name, f := range map[string]*fakeFleet{
		"the proxy": {at: always(of(1, 1, 1), map[string]string{"gw-1": running}), says: func(int, string) (string, error) { return "", fmt.Errorf("ask: %w", forbidden) }},
		"pods that the API server does not reach": {at: always(of(2, 2, 2), map[string]string{"gw-1": serving, "gw-2": serving}), says: func(int, string) (string, error) {
			return "", errors.New("error trying to reach service")
		}},
		"the pods": {at: func(int) (string, map[string]string, error) { return "", nil, forbidden }},
	} {
		t.Run(name, func(t *testing.T) {
			diags := settled(t, f)
			if diags.HasError() || diags.WarningsCount() != 1 || !strings.Contains(diags[0].Detail(), "pods/proxy") {
				t.Error(diags)
			}
		})
	}
}

func TestWaitForAGatewayThatIsScaledAwayIsAWarning(t *testing.T) {
	f := &fakeFleet{at: always(of(0, 0, 0), nil)}
	if diags := settled(t, f); diags.HasError() || diags.WarningsCount() != 1 {
		t.Error(diags)
	}
}
