package gcptest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// stored is an object that the fake holds.
type stored struct {
	api  string
	name string // relative, with the project's ID
	kind *kind
	body map[string]any // without what the server computes anew for each answer
	// generation counts the changes, and makes the etag.
	generation int
	deleted    bool // softly: it can be undeleted
	// hidden and unknown count down the reads that do not find the object yet: its own, and those of objects that refer to it.
	hidden, unknown int
	reads           int // that found it
	// lingering counts down the reads that still find what is deleted.
	lingering int
}

func (o *stored) etag() string {
	content, err := json.Marshal(o.body)
	if err != nil {
		panic(err) // it was JSON
	}
	sum := sha256.Sum256(append(content, strconv.Itoa(o.generation)...))
	return hex.EncodeToString(sum[:8])
}

func (o *stored) key() string { return o.api + "/" + o.name }

// fullName is Google's full resource name.
func (o *stored) fullName() string { return "//" + o.api + ".googleapis.com/" + o.name }

// put stores an object and counts the change.
func (s *Server) put(o *stored) {
	o.generation++
	s.objects[o.key()] = o
}

// born stores an object that is always there, as it is before anybody has changed it.
func (s *Server) born(k *kind, name string) *stored {
	o := &stored{api: k.api, name: name, kind: k, body: clone(k.singleton)}
	s.put(o)
	return o
}

// drop removes an object for good.
func (s *Server) drop(o *stored) {
	delete(s.objects, o.key())
	delete(s.policies, o.key())
	delete(s.attestations, o.key())
}

// fade brings a deleted object that lingers closer to its end.
func (s *Server) fade(o *stored) {
	if o.lingering > 0 {
		if o.lingering--; o.lingering == 0 {
			s.drop(o)
		}
	}
}

// lookup finds an object by API and name, with the project's ID or number.
func (s *Server) lookup(api, name string) *stored {
	return s.objects[api+"/"+s.byID(name)]
}

// in lists the objects of a kind, in the order of their names.
func (s *Server) in(k *kind) []*stored {
	var found []*stored
	for _, key := range sorted(s.objects) {
		if s.objects[key].kind == k {
			found = append(found, s.objects[key])
		}
	}
	return found
}

// referrers are the objects that refer to one: while there are any it cannot be deleted.
func (s *Server) referrers(o *stored) []string {
	var names []string
	for _, key := range sorted(s.objects) {
		other := s.objects[key]
		if other == o || other.deleted || other.kind.references == nil {
			continue
		}
		for _, ref := range other.kind.references(other.name, other.body) {
			if ref.api == o.api && s.byID(ref.name) == o.name {
				names = append(names, other.name)
				s.fade(other)
				break
			}
		}
	}
	return names
}

// byID puts the project's ID into a name that has its number.
func (s *Server) byID(name string) string {
	return s.project(name, func(p Project) string { return p.ID })
}

// byNumber puts the project's number into a name that has its ID.
func (s *Server) byNumber(name string) string {
	return s.project(name, func(p Project) string { return p.Number })
}

func (s *Server) project(name string, spelling func(Project) string) string {
	// The name of a deny policy has that of its project in it, escaped.
	if before, after, ok := strings.Cut(name, attachedProject); ok {
		escaped, below, _ := strings.Cut(after, "/")
		return before + attachedProject + strings.TrimPrefix(s.project("projects/"+escaped, spelling), "projects/") + "/" + below
	}
	rest, ok := strings.CutPrefix(name, "projects/")
	if !ok {
		return name
	}
	id, below, _ := strings.Cut(rest, "/")
	for _, p := range s.options.Projects {
		if id == p.ID || id == p.Number {
			return strings.TrimSuffix("projects/"+spelling(p)+"/"+below, "/")
		}
	}
	return name
}

const attachedProject = "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F"

// now is the time that objects carry. It moves by a second for every change, so that a test sees the same times on every run.
func (s *Server) now() string {
	s.ticks++
	return time.Date(2026, time.November, 1, 0, 0, s.ticks, 0, time.UTC).Format(time.RFC3339)
}

// serial is a number that no other object of this server has.
func (s *Server) serial() string {
	s.serials++
	return strconv.FormatInt(4_000_000_000_000_000_000+int64(s.serials)*7_919, 10)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// clone copies JSON values.
func clone[T any](v T) T {
	copied, _ := cloneValue(v).(T)
	return copied
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for key, value := range v {
			m[key] = cloneValue(value)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, value := range v {
			l[i] = cloneValue(value)
		}
		return l
	}
	return v
}
