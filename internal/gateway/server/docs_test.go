package server

import (
	"maps"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every metric is in the documentation's table with its labels, and the table has no other.
func TestTheDocumentationHasEveryMetric(t *testing.T) {
	text, err := os.ReadFile("../../../docs/gateway/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(agent_gateway_[a-z_]+)` \\| ([a-z_, ]*)\\|").FindAllStringSubmatch(string(text), -1) {
		written[row[1]] = strings.ReplaceAll(strings.TrimSpace(row[2]), " ", "")
	}
	g := start(t, open, administered, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		done(w, r)
	})
	g.post(g.agent("a"), transfer)
	gathered, err := g.metrics.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range gathered {
		name := f.GetName()
		if !strings.HasPrefix(name, "agent_gateway_") {
			continue
		}
		seen[name] = true
		labels, ok := written[name]
		if !ok {
			t.Errorf("the documentation has no %s", name)
		}
		for _, l := range f.GetMetric()[0].GetLabel() {
			if !strings.Contains(","+labels+",", ","+l.GetName()+",") {
				t.Errorf("the documentation says nothing of the label %s of %s", l.GetName(), name)
			}
		}
	}
	for name := range maps.Keys(written) {
		if _, counted := families[name]; !seen[name] && !counted {
			t.Errorf("there is no %s", name)
		}
	}
	for name := range families {
		if _, ok := written[name]; !ok {
			t.Errorf("the documentation has no %s", name)
		}
	}
}
