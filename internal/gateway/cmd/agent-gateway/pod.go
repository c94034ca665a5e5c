package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"k8s.io/klog/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/cluster"
	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
)

const (
	// startTime is how long a gateway that starts waits for a configuration that it can use.
	startTime = 5 * time.Minute
	// freshTime is how long it waits for the API server where an earlier process left copies.
	freshTime = 3 * time.Second
	// sayEvery is how often it says what it waits for.
	sayEvery = 10 * time.Second
)

// pod is a configuration in a ConfigMap of the cluster that this process is a pod of, and in what that lists besides.
type pod struct {
	mirrors *cluster.Mirrors
	itself  mirror.Object
	log     *slog.Logger
	listed  []mirror.Object // by what load gave last
}

// openPod begins to follow the ConfigMap that is named as namespace/name.
func openPod(named, directory, serviceAccount string, log *slog.Logger) (*pod, error) {
	namespace, name, _ := strings.Cut(named, "/")
	p := &pod{itself: mirror.Object{Kind: mirror.ConfigMap, Namespace: namespace, Name: name, Directory: mirror.Configuration}, log: log}
	if err := p.itself.Check(); err != nil {
		return nil, fmt.Errorf("-config-map %q is to be namespace/name: %w", named, err)
	}
	api, err := cluster.Pod(os.Getenv, serviceAccount)
	if err != nil {
		return nil, fmt.Errorf("-config-map: %w", err)
	}
	klog.SetSlogLogger(log) // what client-go has to say
	if p.mirrors, err = cluster.Open(cluster.Options{API: api, Directory: directory, Log: log}); err != nil {
		return nil, fmt.Errorf("-directory %q: %w", directory, err)
	}
	if err := p.mirrors.Add(p.itself); err != nil {
		return nil, errors.Join(fmt.Errorf("-directory %q: %w", directory, err), p.mirrors.Close())
	}
	return p, nil
}

// first waits for copies of all objects, and for a configuration that can be used: a pod that ends because of a bad one would be started
// again ever more rarely, and come back minutes after a good one is there. Copies that an earlier container left do where the API server is away.
func (p *pod) first(ctx context.Context, e environment) (*config.Config, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTime, fmt.Errorf("nothing that can be used came within %s", startTime))
	defer cancel()
	for {
		if err := p.settle(ctx); err != nil {
			return nil, err
		}
		select {
		case <-p.changed(): // load sees it
		default:
		}
		c, err := p.load(e)
		var lacks errLacking
		switch {
		case err == nil:
			return c, nil
		case errors.As(err, &lacks):
			continue // it has a list now, of more to settle
		}
		p.log.Error("configuration cannot be used; waiting for another", "config-map", p.itself.String(), "error", err)
		if err := p.await(ctx, func() error { return err }); err != nil {
			return nil, err
		}
	}
}

// settle waits until there are copies of all that is listed so far, as fresh as the API server lets them be.
func (p *pod) settle(ctx context.Context) error {
	objects := append([]mirror.Object{p.itself}, p.listed...)
	if err := p.mirrors.Add(objects...); err != nil {
		return err
	}
	fresh, cancel := context.WithTimeout(ctx, freshTime)
	defer cancel()
	for p.mirrors.Settled(fresh, objects...) != nil {
		if err := p.await(ctx, func() error { return p.mirrors.Lacking(objects...) }); err != nil {
			return err
		}
	}
	return nil
}

// await waits for a change, or for as long as it takes to say again what is wrong. An error says that ctx was done.
func (p *pod) await(ctx context.Context, wrong func() error) error {
	select {
	case <-p.changed():
	case <-time.After(sayEvery):
		p.log.Info("waiting", "for", wrong())
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), wrong())
	}
	return nil
}

func (p *pod) load(e environment) (*config.Config, error) {
	listed, err := p.mirrors.List()
	if err != nil {
		return nil, err
	}
	p.listed = listed
	if err := p.mirrors.Add(listed...); err != nil {
		return nil, err
	}
	if err := p.mirrors.Lacking(append(listed, p.itself)...); err != nil {
		return nil, errLacking{err}
	}
	return load(e, p.mirrors.Path(mirror.Configuration, mirror.File))
}

func (p *pod) changed() <-chan struct{} { return p.mirrors.Changed() }

func (p *pod) taken() error { return p.mirrors.Keep(append(p.listed, p.itself)...) }

func (p *pod) stale() []error { return p.mirrors.Stale() }
