package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/agentward/terraform-provider-agent/acctest/npm"
	"github.com/agentward/terraform-provider-agent/acctest/tool"
	"github.com/agentward/terraform-provider-agent/internal/gateway/decide"
)

var generated = flag.Uint64("oracle", 200, "how many generated policy sets are compared with Cedar's own engine")

// posed is a policy set with requests, as the official engine is asked.
type posed struct {
	Policies map[string]string `json:"policies"`
	Schemas  map[string]string `json:"schemas"` // of each policy: the published one with its arguments and claims filled in
	Requests []posedRequest    `json:"requests"`

	name   string
	err    error // of our own loading
	engine *Engine
	asked  []*decide.Request
}

// verdict is what the official engine says of a policy set.
type verdict struct {
	Invalid, Warned map[string][]string
	Unparsed        []string
	Answers         []struct {
		Decision        string
		Reasons, Errors []string
		Unanswered      []string
	}
}

// oracle asks the official engine, Cedar's own in Rust.
func oracle(t *testing.T, packages *npm.Packages, sets []*posed) []verdict {
	t.Helper()
	question, err := json.Marshal(sets)
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := packages.Script(t, "testdata/oracle.mjs")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(question), &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &said)
	}
	var verdicts []verdict
	if err := json.Unmarshal(out.Bytes(), &verdicts); err != nil || len(verdicts) != len(sets) {
		t.Fatalf("%d verdicts on %d sets, %v", len(verdicts), len(sets), err)
	}
	return verdicts
}

// pose loads a policy set for both engines. Policies in audit mode decide nothing, and are not for the official engine.
func pose(t *testing.T, name, text string, asked []*decide.Request) *posed {
	t.Helper()
	list, err := cedar.NewPolicyListFromBytes(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &posed{name: name, Policies: map[string]string{}, Schemas: map[string]string{}, Requests: []posedRequest{}, asked: asked}
	var loaded []*compiled
	loaded, p.err = load([]Source{{Name: name, Text: []byte(text)}})
	shapes := needs{}
	for i, c := range loaded {
		if c.audit {
			continue
		}
		end := len(text)
		if i+1 < len(list) {
			end = list[i+1].Position().Offset
		}
		p.Policies[c.id], p.Schemas[c.id] = text[list[i].Position().Offset:end], filled(c.reads)
		only := together([]*compiled{c})
		shapes.arguments, shapes.claims = append(shapes.arguments, only.arguments...), append(shapes.claims, only.claims...)
	}
	if p.err == nil {
		p.engine = &Engine{policies: loaded, index: newIndex(loaded)}
		for _, r := range asked {
			p.Requests = append(p.Requests, poseRequest(t, r, shapes))
		}
	}
	return p
}

// filled is the published schema with what it leaves open as one policy uses it. Cedar has no open records, and no optional types; so the
// schema that is published says what every policy may count on, and each policy is checked against the types that it itself implies.
func filled(r reads) string {
	text := string(Schema())
	for name, s := range map[string]*shape{"arguments": r.arguments, "claims": r.claims} {
		if s != nil {
			text = strings.Replace(text, name+": {},", name+": "+s.text()+",", 1)
		}
	}
	return text
}

// text writes the type in Cedar's schema syntax.
func (s *shape) text() string {
	switch s.kind {
	case unknownKind:
		return "String"
	case setKind:
		if s.element == nil {
			return "Set<String>"
		}
		return "Set<" + s.element.text() + ">"
	case recordKind:
		var members []string
		for _, name := range slices.Sorted(maps.Keys(s.members)) {
			members = append(members, fmt.Sprintf("%q?: %s", name, s.members[name].text()))
		}
		return "{" + strings.Join(members, ", ") + "}"
	}
	return string(s.kind)
}

// compare says where the engines differ, and counts what both decided.
func (p *posed) compare(t *testing.T, v verdict) (decided, allowed int) {
	t.Helper()
	// A policy that can apply to nothing is refused here; there it is a warning.
	refused := len(v.Invalid) > 0 || v.Unparsed != nil
	if p.err == nil && refused || p.err != nil && !refused && len(v.Warned) == 0 {
		t.Errorf("%s: we say %v, Cedar says %q %q %q\n%s", p.name, p.err, v.Invalid, v.Warned, v.Unparsed, p.Policies)
	}
	if p.err != nil {
		return 0, 0
	}
	for i, r := range p.asked {
		ours, theirs := p.engine.Decide(t.Context(), r), v.Answers[i]
		// A policy that errors is left out there, and denies here.
		want := theirs.Decision == "allow" && len(theirs.Errors) == 0
		posed := p.Requests[i]
		switch {
		case theirs.Unanswered != nil:
			t.Errorf("%s: Cedar does not answer: %q\n%+v", p.name, theirs.Unanswered, posed)
		case posed.inexact:
			// Cedar cannot hold what was passed. Where a policy would have to look at it, the call is refused.
			continue
		case ours.Allowed != want:
			t.Errorf("%s: allowed is %t, in Cedar %t (%+v): %s, %v\n%s\n%s", p.name, ours.Allowed, want, theirs, ours.Reason, ours.Err, posed, p.Policies)
		case ours.Err != nil && len(theirs.Errors) == 0:
			t.Errorf("%s: we make no decision, %v; Cedar does\n%s\n%s", p.name, ours.Err, posed, p.Policies)
		case ours.Err == nil && !slices.Equal(ours.Policies, theirs.Reasons):
			t.Errorf("%s: decided by %q, in Cedar by %q\n%s\n%s", p.name, ours.Policies, theirs.Reasons, posed, p.Policies)
		}
		decided++
		if want {
			allowed++
			listing := *r
			listing.Listing = true
			if d := p.engine.Decide(t.Context(), &listing); !d.Allowed {
				t.Errorf("%s: a list hides what may be used: %s\n%s\n%s", p.name, d.Reason, posed, p.Policies)
			}
		}
	}
	return decided, allowed
}

var fenced = regexp.MustCompile("(?s)```cedar\n(.*?)```")

// shipped gives every policy text of the examples, of the documentation and of the tests' own files, by where it stands.
func shipped(t *testing.T) map[string]string {
	t.Helper()
	root, err := tool.Root()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, folder := range []string{"docs", "examples", "internal", "README.md"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			name, _ := filepath.Rel(root, path)
			kind := filepath.Ext(path)
			if kind != ".cedar" && kind != ".md" {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if kind == ".cedar" {
				found[name] = string(text)
			}
			for i, m := range fenced.FindAllSubmatch(text, -1) {
				if kind == ".md" {
					found[fmt.Sprintf("%s, snippet %d", name, i+1)] = string(m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// Cedar's own engine decides as we do, and takes the policies that we take: those that we ship, and generated ones.
func TestCedarsOwnEngineAgrees(t *testing.T) {
	packages := npm.Require(t)
	var sets []*posed
	texts := shipped(t)
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		g := newGenerator(uint64(len(sets)), texts[name])
		sets = append(sets, pose(t, name, texts[name], g.requests(150)))
	}
	if len(sets) == 0 {
		t.Error("no policy was found")
	}
	own := len(sets)
	for seed := range *generated {
		g := newGenerator(seed, "")
		sets = append(sets, pose(t, fmt.Sprintf("generated %d", seed), g.policies(), g.requests(15)))
	}
	decided, allowed, refused := 0, 0, 0
	for i, v := range oracle(t, packages, sets) {
		d, a := sets[i].compare(t, v)
		decided, allowed = decided+d, allowed+a
		switch {
		case sets[i].err != nil && i < own:
			t.Errorf("%s: %v", sets[i].name, sets[i].err)
		case sets[i].err != nil:
			refused++
		}
	}
	t.Logf("%d policy sets of ours and %d generated ones, of which %d are refused: %d decisions, %d of them allow", own, *generated, refused, decided, allowed)
	// Otherwise the generator shows little.
	if refused < int(*generated)/50 || refused > int(*generated)/3 || allowed < decided/20 || allowed > decided*19/20 {
		t.Error("the generated policies are too much alike")
	}
}
