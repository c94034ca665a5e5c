package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

const (
	// lookEvery is how long the wait pauses between two looks at the replicas.
	lookEvery = 500 * time.Millisecond
	// patience is how long all of a finished rollout may refuse a configuration before it counts as refused: what the configuration
	// names, a Secret perhaps, may come a moment after it. It is as long until replicas that are ready and do not answer are taken
	// for ones that the API server cannot reach, as from outside of some clusters' networks.
	patience = 15 * time.Second
	// answerTimeout bounds one question to one replica.
	answerTimeout = 5 * time.Second
)

// fleet is the cluster as the wait sees it.
type fleet interface {
	// deployment gives the gateway's Deployment.
	deployment(ctx context.Context) (map[string]any, error)
	// pods gives the gateway's pods, those that end or have ended included.
	pods(ctx context.Context) ([]map[string]any, error)
	// report gives what a pod says of its configuration.
	report(ctx context.Context, pod string) (report, error)
}

// report is what a gateway answers at /status.
type report struct {
	Revision string `json:"revision"`
	Refused  *struct {
		Revision string `json:"revision"`
		Error    string `json:"error"`
	} `json:"refused"`
}

// view is one look at the replicas.
type view struct {
	replicas int      // that live
	behind   []string // what each of them says that does not have the revision in force, for a person
	rolling  string   // what the rollout still waits for; "" where it is done
	refused  bool     // replicas of a finished rollout refuse the revision, and nothing else is amiss
	deaf     error    // why no replica of a finished rollout answers, although the cluster finds all of them ready
	blind    error    // why it cannot be seen at all
}

func (v view) settled() bool { return v.blind == nil && v.rolling == "" && len(v.behind) == 0 }

// settle waits until every replica reports the revision and no rollout is under way.
func settle(ctx context.Context, f fleet, label, revision string) diag.Diagnostics {
	begin := time.Now()
	still := begin // since when nothing is left that could come of itself
	seen := view{blind: errors.New("the cluster did not answer in time")}
	for {
		if now := look(ctx, f, revision); ctx.Err() == nil { // what was broken off tells nothing
			seen = now
		}
		switch {
		case ctx.Err() == nil && seen.settled():
			return settledWith(label, seen)
		case apierrors.IsForbidden(seen.blind):
			return unconfirmed(label, revision, seen.blind)
		case !seen.refused && seen.deaf == nil:
			still = time.Now()
		case time.Since(still) < patience:
		case seen.deaf != nil:
			return unconfirmed(label, revision, seen.deaf)
		default:
			return unsettled(label, revision, seen, time.Since(begin))
		}
		tflog.Debug(ctx, "waits until the gateway has the configuration in force", map[string]any{"revision": revision, "rollout": seen.rolling, "behind": seen.behind})
		select {
		case <-ctx.Done():
			return unsettled(label, revision, seen, time.Since(begin))
		case <-time.After(lookEvery):
		}
	}
}

// look asks all replicas once.
func look(ctx context.Context, f fleet, revision string) view {
	deployment, err := f.deployment(ctx)
	if err != nil {
		return view{blind: err}
	}
	pods, err := f.pods(ctx)
	if err != nil {
		return view{blind: err}
	}
	var living []map[string]any
	for _, pod := range pods {
		if lives(pod) {
			living = append(living, pod)
		}
	}
	v := view{replicas: len(living), rolling: rolling(deployment, len(living))}
	answers := make([]answer, len(living))
	var all sync.WaitGroup
	for i, pod := range living {
		all.Go(func() { answers[i] = ask(ctx, f, pod, revision) })
	}
	all.Wait()
	refusals, silent := 0, 0
	for _, a := range answers {
		if a.deaf != nil {
			v.deaf = a.deaf
			silent++
		}
		if a.blind != nil {
			v.blind = a.blind
		}
		if a.behind != "" {
			v.behind = append(v.behind, a.behind)
		}
		if a.refused {
			refusals++
		}
	}
	// A replica of the old template may have to refuse what a rollout is under way for.
	v.refused = v.rolling == "" && refusals > 0 && refusals == len(v.behind)
	if v.rolling != "" || silent < len(living) {
		v.deaf = nil
	}
	return v
}

// answer is what one replica says.
type answer struct {
	behind  string
	refused bool
	blind   error
	deaf    error
}

func ask(ctx context.Context, f fleet, pod map[string]any, revision string) answer {
	name, _, _ := unstructured.NestedString(pod, "metadata", "name")
	if why := notRunning(pod); why != "" {
		return answer{behind: name + ": does not run: " + why}
	}
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	said, err := f.report(ctx, name)
	switch {
	case apierrors.IsForbidden(err):
		return answer{blind: err}
	case err != nil && ready(pod):
		return answer{behind: fmt.Sprintf("%s: does not answer: %v", name, err), deaf: err}
	case err != nil:
		return answer{behind: fmt.Sprintf("%s: does not answer: %v", name, err)}
	case said.Revision == revision:
		return answer{}
	case said.Refused != nil && said.Refused.Revision == revision:
		return answer{behind: fmt.Sprintf("%s: refuses it and goes on with %s: %s", name, inWords(said.Revision), said.Refused.Error), refused: true}
	default:
		return answer{behind: fmt.Sprintf("%s: has %s in force", name, inWords(said.Revision))}
	}
}

func inWords(revision string) string {
	if revision == "" {
		return "a configuration without a revision"
	}
	return "revision " + revision
}

func settledWith(label string, seen view) diag.Diagnostics {
	if seen.replicas > 0 {
		return nil
	}
	return diag.Diagnostics{diag.NewWarningDiagnostic(fmt.Sprintf("No replica of agent gateway %q runs", label),
		"Its Deployment is scaled to 0, so that nothing serves what was written. Replicas begin with it once there are some.")}
}

func unconfirmed(label, revision string, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewWarningDiagnostic(fmt.Sprintf("Unable to confirm agent gateway %q", label),
		fmt.Sprintf("The update is written, and replicas take it over within two seconds. Whether revision %s is in force was not to be seen: %v.\n\n"+
			"An update waits until every replica reports it where the credentials of the provider have get on deployments, list on pods and get on pods/proxy in the gateway's "+
			"namespace, and the API server reaches the pods at their admin port.", revision, err))}
}

func unsettled(label, revision string, seen view, after time.Duration) diag.Diagnostics {
	var why []string
	if seen.blind != nil {
		why = append(why, fmt.Sprintf("the replicas cannot be seen: %v", seen.blind))
	}
	if seen.rolling != "" {
		why = append(why, "the rollout is not done: "+seen.rolling)
	}
	why = append(why, seen.behind...)
	return diag.Diagnostics{diag.NewErrorDiagnostic(fmt.Sprintf("Unable to put agent gateway %q in force", label),
		fmt.Sprintf("The update is written, but after %s not every replica reports revision %s:\n  %s\n\n"+
			"What a replica has in force stays until it can take the new one. The log of the pod says more; timeouts.update says how long to wait.",
			after.Round(time.Second), revision, strings.Join(why, "\n  ")))}
}
