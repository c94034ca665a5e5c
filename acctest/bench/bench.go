package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// The phases in the life of a configuration, in their order.
const (
	phasePlan    = "plan"
	phaseApply   = "apply of the saved plan"
	phaseReplan  = "second plan, which is empty"
	phaseDestroy = "destroy"
)

var phases = []string{phasePlan, phaseApply, phaseReplan, phaseDestroy}

// The contenders.
const (
	contenderAgent    = "agent_identity"
	contenderPlain    = "plain client"
	contenderManifest = "kubernetes_manifest"
	contenderData     = "terraform_data"
)

// bench runs the contenders one after the other on one control plane, each with the same objects.
type bench struct {
	cluster    *controlplane.ControlPlane
	terraform  string // program
	dir        string
	identities int
	out        io.Writer
}

func (b *bench) run(ctx context.Context, agent plugin, peer peer) (*report, error) {
	r := &report{Identities: b.identities, Terraform: b.version(ctx), CPUs: runtime.NumCPU(), Load: loadAverage()}
	// The first requests of each kind find caches of the API server cold. They are nobody's.
	if _, _, err := b.governed(ctx, "warm-up", agent, min(20, b.identities)); err != nil {
		return nil, err
	}
	measured, objects, err := b.governed(ctx, contenderAgent, agent, b.identities)
	if err != nil {
		return nil, err
	}
	r.Objects = len(objects)
	r.Contenders = append(r.Contenders, measured)
	if measured, err = b.plain(ctx, objects); err != nil {
		return nil, err
	}
	r.Contenders = append(r.Contenders, measured)
	if peer.path == "" {
		b.say("%s: left out. %s", contenderManifest, peer.why)
		r.Contenders = append(r.Contenders, contender{Name: contenderManifest, Skipped: peer.why})
	} else {
		if measured, err = b.manifests(ctx, peer, objects); err != nil {
			return nil, err
		}
		r.Contenders = append(r.Contenders, measured)
	}
	if measured, err = b.data(ctx); err != nil {
		return nil, err
	}
	r.Contenders = append(r.Contenders, measured)
	return r, nil
}

// governed measures agent_identity, and gives the objects that it made, for the others to make.
func (b *bench) governed(ctx context.Context, name string, p plugin, identities int) (contender, []stack.Object, error) {
	kubeconfig := b.cluster.User(name, "system:masters")
	w, err := newWorkspace(b.terraform, filepath.Join(b.dir, name), p, map[string]string{"main.tf": identityConfiguration(kubeconfig, identities)})
	if err != nil {
		return contender{}, nil, err
	}
	var objects []stack.Object
	c, err := b.lifecycle(ctx, name, w, func() (err error) {
		state, _, err := w.run(ctx, "show", "-json")
		if err == nil {
			objects, err = objectsIn(state)
		}
		return err
	})
	return c, objects, err
}

// manifests measures the same objects as resources of hashicorp/kubernetes, each object a resource.
func (b *bench) manifests(ctx context.Context, p peer, objects []stack.Object) (contender, error) {
	kubernetes := plugin{source: "hashicorp/kubernetes", name: "terraform-provider-kubernetes", dir: filepath.Join(b.dir, "peer")}
	if err := kubernetes.link(p.path); err != nil {
		return contender{}, err
	}
	content, err := manifestsByKey(objects)
	if err != nil {
		return contender{}, err
	}
	w, err := newWorkspace(b.terraform, filepath.Join(b.dir, contenderManifest), kubernetes, map[string]string{
		"main.tf":      manifestConfiguration(b.cluster.User(contenderManifest, "system:masters")),
		"objects.json": content,
	})
	if err != nil {
		return contender{}, err
	}
	c, err := b.lifecycle(ctx, contenderManifest, w, nil)
	c.Program = p.path
	return c, err
}

// data measures Terraform alone: as many resources, and nothing behind them.
func (b *bench) data(ctx context.Context) (contender, error) {
	w, err := newWorkspace(b.terraform, filepath.Join(b.dir, contenderData), plugin{}, map[string]string{"main.tf": dataConfiguration(b.identities)})
	if err != nil {
		return contender{}, err
	}
	return b.lifecycle(ctx, contenderData, w, nil)
}

// lifecycle takes a workspace through all phases. Applied, where given, is called between the apply and the second plan.
func (b *bench) lifecycle(ctx context.Context, user string, w *workspace, applied func() error) (contender, error) {
	c := contender{Name: user}
	for _, phase := range []struct {
		name string
		args []string
	}{
		{phasePlan, []string{"plan", "-no-color", "-out=bench.tfplan"}},
		{phaseApply, []string{"apply", "-no-color", "bench.tfplan"}},
		// With this flag a plan that is not empty ends with exit code 2.
		{phaseReplan, []string{"plan", "-no-color", "-detailed-exitcode"}},
		{phaseDestroy, []string{"destroy", "-no-color", "-auto-approve"}},
	} {
		m, err := b.measure(ctx, phase.name, user, func() (usage, error) {
			_, u, err := w.run(ctx, phase.args...)
			return u, err
		})
		if err != nil {
			return contender{}, fmt.Errorf("%s: %s: %w", user, phase.name, err)
		}
		c.Phases = append(c.Phases, m)
		if phase.name == phaseApply && applied != nil {
			if err := applied(); err != nil {
				return contender{}, err
			}
		}
	}
	return c, nil
}

// measure runs one phase and counts the requests of its user meanwhile.
func (b *bench) measure(ctx context.Context, phase, user string, run func() (usage, error)) (measure, error) {
	mark, err := b.cluster.Mark()
	if err != nil {
		return measure{}, err
	}
	u, err := run()
	if err != nil {
		return measure{}, err
	}
	requests, err := b.cluster.Requests(ctx, mark, func(r controlplane.Request) bool { return r.User == user })
	if err != nil {
		return measure{}, err
	}
	b.say("%s: %s: %.1f s", user, phase, u.wall.Seconds())
	return measure{
		Phase: phase, Seconds: u.wall.Seconds(), ProviderCPU: u.providerCPU.Seconds(), TerraformCPU: u.terraformCPU.Seconds(),
		ProviderPeak: u.providerPeak, Requests: tallyOf(requests),
	}, nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// version gives the first line that Terraform says about itself.
func (b *bench) version(ctx context.Context) string {
	w, err := newWorkspace(b.terraform, filepath.Join(b.dir, "version"), plugin{}, nil)
	if err != nil {
		return b.terraform
	}
	out, _, err := w.run(ctx, "version")
	if err != nil {
		return b.terraform
	}
	first, _, _ := strings.Cut(string(out), "\n")
	return first
}

// loadAverage gives that of the last minute, "" where the system does not tell.
func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(content), " ")
	return load
}
