package passive

import (
	"errors"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/kars/cluster"
)

// solution is a project that can carry a requirement: the kinds that it serves and the controllers that must run for them.
type solution struct {
	name string
	// group and resources are what has to be served. Without them the controller alone counts.
	group     string
	resources []string
	// controllers are names of workloads, any of which has to be available.
	controllers []string
}

// state is how far a solution is there.
type state int

const (
	absent state = iota
	half         // kinds without a controller, or a controller that is not available
	running
)

// check says how far a solution is there and notes what it saw of it.
func (l *look) check(s solution, n *notes) state {
	served, registered := true, s.group == ""
	for _, resource := range s.resources {
		kind := read{group: s.group, resource: resource}
		_, err := l.served(kind)
		if err == nil {
			registered = true
			continue
		}
		served = false
		if errors.Is(err, cluster.ErrAway) {
			n.saw("%s: %v", s.name, err)
		}
		n.missed(kind, err)
	}
	if s.group != "" && registered && served {
		n.saw("%s: %s is served", s.name, strings.Join(s.resources, " and ")+"."+s.group)
	}
	before := len(n.unread)
	available, there := l.controller(s, n)
	switch {
	case served && available:
		return running
	case registered && s.group != "" || there:
		if !available && len(n.unread) == before {
			n.saw("%s: no controller of it is available", s.name)
		}
		return half
	}
	return absent
}

// controller says whether a controller of the solution is available, and whether one is there at all.
func (l *look) controller(s solution, n *notes) (available, there bool) {
	for _, kind := range []read{deployments, statefulSets, daemonSets} {
		workloads, err := l.workloads[kind]()
		if n.missed(kind, err) {
			continue
		}
		for _, w := range workloads {
			if !w.is(s.controllers) {
				continue
			}
			there = true
			available = available || w.available
			n.saw("%s: %s", s.name, w)
		}
	}
	return available, there
}

// survey checks all solutions and gives the names of those that run and of those that are half there.
func (l *look) survey(solutions []solution, n *notes) (run, part []string) {
	for _, s := range solutions {
		switch l.check(s, n) {
		case running:
			run = append(run, s.name)
		case half:
			part = append(part, s.name)
		}
	}
	return run, part
}

// ask asks every port of the Service in turn, and gives the first answer that suits.
func (l *look) ask(s service, path string, query map[string]string, suits func([]byte) bool) ([]byte, error) {
	var last error
	for _, p := range s.ports {
		answer, err := l.api.Ask(l.ctx, cluster.Service{Namespace: s.namespace, Name: s.name, Port: portOf(p), TLS: strings.HasPrefix(p.name, "https")}, path, query)
		if err == nil && suits(answer) {
			return answer, nil
		}
		if err != nil {
			last = err
		}
	}
	return nil, last
}

func portOf(p port) string { return strconv.FormatInt(p.number, 10) }
