package gcptest

import (
	"fmt"
	"strings"
)

// Requests are all requests so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Mutations are the requests so far that meant to change something.
func (s *Server) Mutations() []Request {
	var found []Request
	for _, r := range s.Requests() {
		if r.Mutation {
			found = append(found, r)
		}
	}
	return found
}

// Forget empties the log of requests.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Names are the full resource names of all objects that somebody created and that are still there. Objects that are deleted and could be
// undeleted are not, nor those that are always there.
func (s *Server) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, key := range sorted(s.objects) {
		if o := s.objects[key]; !o.deleted && o.kind.singleton == nil && !o.kind.derived {
			names = append(names, o.fullName())
		}
	}
	return names
}

// Object is the stored body of an object, secrets included, by its full resource name: "//networkservices.googleapis.com/projects/…".
func (s *Server) Object(fullName string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byFullName(fullName)
	if o == nil || o.deleted {
		return nil, false
	}
	return clone(o.body), true
}

// Change changes an object behind the clients' backs. It fails if there is no such object.
func (s *Server) Change(fullName string, change func(body map[string]any)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byFullName(fullName)
	if o == nil {
		return fmt.Errorf("there is no %s", fullName)
	}
	o.body = clone(o.body)
	change(o.body)
	s.put(o)
	return nil
}

// Put stores an object as if it had always been there: a cluster that no client creates, or what somebody else made. Nothing checks it
// but that the fake knows its kind.
func (s *Server) Put(fullName string, body map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	api, name := splitFullName(fullName)
	k, err := kindOf(api, name)
	if err != nil {
		return err
	}
	s.put(&stored{api: api, name: s.byID(name), kind: k, body: clone(body)})
	return nil
}

// kindOf finds the kind of the objects with a name.
func kindOf(api, name string) (*kind, error) {
	documents, err := descriptions(api)
	if err != nil {
		return nil, err
	}
	for _, d := range documents {
		if r, _, refused := find([]*document{d}, "GET", d.Version+"/"+name); refused == nil && kinds[api+"."+r.collection] != nil {
			return kinds[api+"."+r.collection], nil
		}
	}
	return nil, fmt.Errorf("the fake knows no kind of //%s.googleapis.com/%s", api, name)
}

// Remove deletes an object behind the clients' backs, whatever refers to it. It fails if there is no such object.
func (s *Server) Remove(fullName string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byFullName(fullName)
	if o == nil {
		return fmt.Errorf("there is no %s", fullName)
	}
	s.drop(o)
	return nil
}

// AllowPolicy is the allow policy of a resource, by its full resource name.
func (s *Server) AllowPolicy(fullName string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	api, name := splitFullName(fullName)
	if p := s.policies[api+"/"+s.byID(name)]; p != nil {
		return p.answer(true)
	}
	return nil
}

// byFullName finds an object. One that is always there is, also before anybody has asked for it.
func (s *Server) byFullName(fullName string) *stored {
	api, name := splitFullName(fullName)
	if o := s.lookup(api, name); o != nil {
		return o
	}
	if k, err := kindOf(api, name); err == nil && k.singleton != nil {
		return s.born(k, s.byID(name))
	}
	return nil
}

// splitFullName gives the API and the relative name.
func splitFullName(fullName string) (api, name string) {
	host, name, _ := strings.Cut(strings.TrimPrefix(fullName, "//"), "/")
	api, _, _ = strings.Cut(host, ".")
	return api, name
}
