package sidecar

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// Several is an http.Handler for several targets, each of which has tokens of its own. They are told apart as the gateway does it: by the path,
// which is the same here as there, and for gRPC by the service.
type Several struct {
	all []*Sidecar // those with longer paths first
}

// NewSeveral gives the sidecars of several targets. Each needs a path of its own.
func NewSeveral(each []Options) (*Several, error) {
	s := &Several{}
	services := map[string]bool{}
	for _, o := range each {
		path := o.Target.EscapedPath()
		if strings.Trim(path, "/") == "" {
			return nil, fmt.Errorf("%s: of several targets each needs a path, by which it is known here too", o.Target)
		}
		for _, name := range o.Services {
			if services[name] {
				return nil, fmt.Errorf("%s: the service %s is another target's", o.Target, name)
			}
			services[name] = true
		}
		one, err := New(o)
		if err != nil {
			return nil, err
		}
		one.base = strings.TrimSuffix(path, "/")
		if slices.ContainsFunc(s.all, func(other *Sidecar) bool { return other.base == one.base }) {
			return nil, fmt.Errorf("%s: another target has this path", o.Target)
		}
		s.all = append(s.all, one)
	}
	if len(s.all) == 0 {
		return nil, errors.New("there is no target")
	}
	slices.SortFunc(s.all, func(a, b *Sidecar) int { return len(b.base) - len(a.base) })
	return s, nil
}

// ServeHTTP passes a request on to the target that it is for.
func (s *Several) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if one := s.of(r); one != nil {
		one.ServeHTTP(w, r)
		return
	}
	if !local(r) {
		http.Error(w, foreign, http.StatusForbidden)
		return
	}
	if grpc(r) {
		refuseRPC(w, codes.Unimplemented, "no target has this service: name it behind the target's URL, as in -url https://gateway.example.org/ledger#bank.v1.Ledger")
		return
	}
	var paths []string
	for _, one := range s.all {
		paths = append(paths, one.base)
	}
	slices.Sort(paths)
	http.Error(w, "sidecar: no target has this path; there are "+strings.Join(paths, ", "), http.StatusNotFound)
}

// of gives the target of a request, nil for none.
func (s *Several) of(r *http.Request) *Sidecar {
	if grpc(r) {
		service, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		for _, one := range s.all {
			if slices.Contains(one.o.Services, service) {
				return one
			}
		}
		return nil
	}
	path := r.URL.EscapedPath()
	for _, one := range s.all {
		if path == one.base || strings.HasPrefix(path, one.base+"/") {
			return one
		}
	}
	return nil
}

// CloseIdleConnections closes the connections to gateways that nothing is under way on.
func (s *Several) CloseIdleConnections() {
	for _, one := range s.all {
		one.CloseIdleConnections()
	}
}

// refuseRPC answers a call of gRPC without asking anybody.
func refuseRPC(w http.ResponseWriter, code codes.Code, message string) {
	w.Header().Set("Content-Type", "application/grpc")
	rpc.NewStatus(code, "sidecar: "+message).Write(w.Header(), "")
	w.WriteHeader(http.StatusOK)
}
