package gcp

import (
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// glass is a lens on a kind that has something of everything.
func glass() lens {
	c := &Client{config: Config{Project: spec.GoogleProject{ID: "acme", Number: "123"}}}
	return lens{same: c.sameText, kind: &kind{
		immutable: []string{"mode"}, inputOnly: []string{"workloads"}, outputOnly: []string{"card", "spec.address"},
		unordered: []string{"scopes"}, within: []string{"spec"}, whole: []string{"choice"}, present: []string{"managed"},
		defaults: map[string]any{"profile": "REQUEST", "rules.selector": "URI"}, closed: []string{"rules"},
	}}
}

func TestProjection(t *testing.T) {
	for name, c := range map[string]struct{ ours, live, want string }{
		"fields that others set never show":         {`{"a":1}`, `{"a":1,"b":2,"etag":"x","createTime":"now"}`, `{"a":1}`},
		"a changed field shows":                     {`{"a":1,"b":{"c":"x"}}`, `{"a":2,"b":{"c":"y","d":"z"}}`, `{"a":2,"b":{"c":"y"}}`},
		"a field that is gone is left out":          {`{"a":1,"b":{"c":"x","d":"y"}}`, `{"b":{"d":"y"}}`, `{"b":{"d":"y"}}`},
		"an absent field is a zero value":           {`{"a":false,"b":"","c":0,"d":[],"e":{"f":false},"g":"LEVEL_UNSPECIFIED"}`, `{}`, `{"a":false,"b":"","c":0,"d":[],"e":{"f":false},"g":"LEVEL_UNSPECIFIED"}`},
		"an absent field is the server's default":   {`{"profile":"REQUEST"}`, `{}`, `{"profile":"REQUEST"}`},
		"an empty message may mean something":       {`{"managed":{}}`, `{}`, `{}`},
		"a list of equal length goes by element":    {`{"a":[{"x":1},{"x":2}]}`, `{"a":[{"x":1,"y":1},{"x":3,"y":1}]}`, `{"a":[{"x":1},{"x":3}]}`},
		"a list of another length shows whole":      {`{"a":[{"x":1}]}`, `{"a":[{"x":1,"y":1},{"x":2}]}`, `{"a":[{"x":1,"y":1},{"x":2}]}`},
		"a set has no order":                        {`{"scopes":["a","b"]}`, `{"scopes":["b","a"]}`, `{"scopes":["a","b"]}`},
		"a list has one":                            {`{"a":["a","b"]}`, `{"a":["b","a"]}`, `{"a":["b","a"]}`},
		"a value of another type shows":             {`{"a":{"b":1}}`, `{"a":"b"}`, `{"a":"b"}`},
		"64-bit numbers are texts to Google":        {`{"a":8080}`, `{"a":"8080"}`, `{"a":8080}`},
		"durations are compared as such":            {`{"a":"0.1s"}`, `{"a":"0.100s"}`, `{"a":"0.1s"}`},
		"the project's number is the project":       {`{"a":"projects/acme/locations/l/x/y"}`, `{"a":"projects/123/locations/l/x/y"}`, `{"a":"projects/acme/locations/l/x/y"}`},
		"and the other way round":                   {`{"a":"projects/123/locations/l/x/y"}`, `{"a":"projects/acme/locations/l/x/y"}`, `{"a":"projects/123/locations/l/x/y"}`},
		"another number is another project":         {`{"a":"projects/acme/locations/l/x/y"}`, `{"a":"projects/124/locations/l/x/y"}`, `{"a":"projects/124/locations/l/x/y"}`},
		"of other projects the number is not known": {`{"a":"projects/other/x"}`, `{"a":"projects/7/x"}`, `{"a":"projects/other/x"}`},
		"a full name is the name":                   {`{"a":"projects/acme/x/y"}`, `{"a":"//s.googleapis.com/projects/123/x/y"}`, `{"a":"projects/acme/x/y"}`},
		"so is an address":                          {`{"a":"//s.googleapis.com/projects/acme/x/y"}`, `{"a":"https://www.googleapis.com/compute/v1/projects/acme/x/y"}`, `{"a":"//s.googleapis.com/projects/acme/x/y"}`},
		"what others add to what is closed shows":   {`{"rules":[{"a":1}]}`, `{"rules":[{"a":1,"unless":{"b":2}}],"b":1}`, `{"rules":[{"a":1,"unless":{"b":2}}]}`},
		"even where nothing of ours is":             {`{"a":1}`, `{"a":1,"rules":[{"a":1}]}`, `{"a":1,"rules":[{"a":1}]}`},
		"but not what the server adds":              {`{"rules":[{"a":1}]}`, `{"rules":[{"a":1,"selector":"URI","zero":false}]}`, `{"rules":[{"a":1}]}`},
		"what Google never shows is as it was":      {`{"workloads":["w"],"a":1}`, `{"a":1}`, `{"a":1,"workloads":["w"]}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stack.CanonicalJSON(glass().project(body(t, c.live), body(t, c.ours)))
			if err != nil || got != c.want {
				t.Errorf("got %s (%v), want %s", got, err, c.want)
			}
		})
	}
}

func TestAnImportLeavesOutWhatIsTheServers(t *testing.T) {
	live := body(t, `{"name":"n","uid":"u","createTime":"now","card":{"x":1},"spec":{"address":"a","zone":"z"},"profile":"REQUEST","scopes":[],"a":{"name":"kept"},"workloads":["w"]}`)
	got, err := stack.CanonicalJSON(glass().importable(live))
	if want := `{"a":{"name":"kept"},"spec":{"zone":"z"}}`; err != nil || got != want {
		t.Errorf("got %s (%v), want %s", got, err, want)
	}
}

func TestChange(t *testing.T) {
	for name, c := range map[string]struct{ live, prior, desired, mask, body, immutable string }{
		"nothing":                            {`{"a":1,"b":2}`, `{"a":1}`, `{"a":1}`, "", `{}`, ""},
		"a field":                            {`{"a":1}`, `{"a":1}`, `{"a":2}`, "a", `{"a":2}`, ""},
		"a field that is cleared":            {`{"a":1,"b":2}`, `{"a":1}`, `{}`, "a", `{}`, ""},
		"a field of others stays":            {`{"b":2}`, `{}`, `{}`, "", `{}`, ""},
		"a field that was cleared by others": {`{}`, `{"a":1}`, `{}`, "", `{}`, ""},
		"the labels of others are sent too":  {`{"labels":{"x":"1","y":"2"}}`, `{"labels":{"x":"1"}}`, `{"labels":{"x":"3"}}`, "labels", `{"labels":{"x":"3","y":"2"}}`, ""},
		"a label that is cleared":            {`{"labels":{"x":"1","y":"2","z":"3"}}`, `{"labels":{"x":"1","y":"2"}}`, `{"labels":{"x":"1"}}`, "labels", `{"labels":{"x":"1","z":"3"}}`, ""},
		"below a field that masks go into":   {`{"spec":{"a":1,"b":2,"address":"s"}}`, `{"spec":{"a":1,"b":2}}`, `{"spec":{"a":3}}`, "spec.a,spec.b", `{"spec":{"a":3}}`, ""},
		"what is the server's is not sent":   {`{"card":{"x":1},"spec":{"address":"a"}}`, `{}`, `{"spec":{"zone":"z"}}`, "spec.zone", `{"spec":{"zone":"z"}}`, ""},
		"of a choice nothing else is sent":   {`{"choice":{"one":{},"other":1}}`, `{}`, `{"choice":{"two":{"x":1}}}`, "choice", `{"choice":{"two":{"x":1}}}`, ""},
		"in a list, a field that is cleared": {`{"a":[{"x":1,"y":2}]}`, `{"a":[{"x":1,"y":2}]}`, `{"a":[{"x":1}]}`, "a", `{"a":[{"x":1}]}`, ""},
		"what cannot be changed":             {`{"mode":"a","b":1}`, `{"mode":"a"}`, `{"mode":"b","b":2}`, "b", `{"b":2}`, "mode"},
		"what cannot be changed, cleared":    {`{"mode":"a"}`, `{"mode":"a"}`, `{}`, "", `{}`, "mode"},
		"what was added to what is closed":   {`{"rules":[{"a":1,"b":2}]}`, `{"rules":[{"a":1}]}`, `{"rules":[{"a":1}]}`, "rules", `{"rules":[{"a":1}]}`, ""},
		"what was added beside":              {`{"a":1,"rules":[{"a":1}]}`, `{"a":1}`, `{"a":1}`, "rules", `{}`, ""},
		"what Google never shows, unchanged": {`{}`, `{"workloads":["a"]}`, `{"workloads":["a"]}`, "", `{}`, ""},
		"what Google never shows, changed":   {`{}`, `{"workloads":["a"]}`, `{"workloads":["b"]}`, "workloads", `{"workloads":["b"]}`, ""},
		"what Google never shows, adopted":   {`{}`, `{}`, `{"workloads":["a"]}`, "workloads", `{"workloads":["a"]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			desired := body(t, c.desired)
			got := glass().change(body(t, c.live), body(t, c.prior), desired, desired)
			sent, err := stack.CanonicalJSON(got.body)
			if err != nil || strings.Join(got.mask, ",") != c.mask || sent != c.body || strings.Join(got.immutable, ",") != c.immutable {
				t.Errorf("got mask %v, body %s, immutable %v (%v)", got.mask, sent, got.immutable, err)
			}
		})
	}
}

func TestSecretsAreSentWhenTheyChange(t *testing.T) {
	key := stack.GoogleKey(AgentIdentity, "projects/p/locations/l/authProviders/a")
	desired := func(secret string) map[string]any {
		return body(t, `{"authProviderTypeParams":{"apiKey":{"apiKey":"`+secret+`"}}}`)
	}
	prior := stack.HashGoogleSecrets(key, desired("one"))
	live := body(t, `{"authProviderTypeParams":{"apiKey":{}}}`)
	if c := glass().change(live, prior, desired("one"), stack.HashGoogleSecrets(key, desired("one"))); len(c.mask) > 0 {
		t.Errorf("an old secret is sent again: %v", c.mask)
	}
	c := glass().change(live, prior, desired("two"), stack.HashGoogleSecrets(key, desired("two")))
	if text, err := stack.CanonicalJSON(c.body); err != nil || len(c.mask) != 1 || text != `{"authProviderTypeParams":{"apiKey":{"apiKey":"two"}}}` {
		t.Errorf("a new secret is sent as %s with %v (%v)", text, c.mask, err)
	}
}

// patched does what a server does with an update.
func patched(live map[string]any, c change) map[string]any {
	out, _ := clone(live).(map[string]any)
	for _, path := range c.mask {
		if value := at(c.body, path); value != (missing{}) {
			set(out, path, clone(value))
			continue
		}
		outer, name, nested := strings.Cut(path, ".")
		if !nested {
			delete(out, outer)
		} else if inner := fieldsOf(out[outer]); inner != nil {
			delete(inner, name)
		}
	}
	return out
}

func FuzzAChangeBringsWhatIsDesired(f *testing.F) {
	f.Add(`{"a":1,"labels":{"x":"1"},"spec":{"a":1}}`, `{"a":1,"spec":{"a":1,"b":2}}`, `{"labels":{"x":"2"},"spec":{"b":3}}`)
	f.Add(`{"a":[{"x":1,"y":2}],"choice":{"one":{}}}`, `{"a":[{"x":1,"y":2}]}`, `{"a":[{"x":1}],"choice":{"two":{}}}`)
	f.Add(`{"managed":{},"scopes":["b","a"]}`, `{"managed":{}}`, `{"scopes":["a","b"],"a":"projects/acme/x"}`)
	f.Add(`{"rules":[{"a":1,"b":2}],"c":1}`, `{}`, `{"rules":[{"a":1}]}`)
	f.Add(`{"rules":{"a":1},"c":1}`, `{}`, `{"c":2}`)
	f.Add(`{"spec":1}`, `{"spec":[]}`, `{"spec":{"a":{"b":1}}}`)
	f.Fuzz(func(t *testing.T, liveText, priorText, desiredText string) {
		if strings.Contains(liveText+priorText+desiredText, "mode") || strings.Contains(desiredText, "apiKey") || strings.Contains(desiredText, "clientSecret") ||
			strings.Contains(liveText+priorText+desiredText, ".") || strings.Contains(liveText+desiredText, "null") || strings.Contains(desiredText, "address") || strings.Contains(desiredText, "card") {
			return // names with dots, nulls and fields of the server are nobody's to set
		}
		live, err1 := parseBody([]byte(liveText))
		prior, err2 := parseBody([]byte(priorText))
		desired, err3 := parseBody([]byte(desiredText))
		if err1 != nil || err2 != nil || err3 != nil || live == nil || desired == nil {
			return
		}
		l := glass()
		after := patched(live, l.change(live, prior, desired, desired))
		if !l.equal("", after, desired) {
			t.Errorf("of %s comes %v, desired is %s", liveText, after, desiredText)
		}
		if again := l.change(after, desired, desired, desired); len(again.mask) > 0 {
			t.Errorf("of %s comes %v, which still differs from %s in %v", liveText, after, desiredText, again.mask)
		}
	})
}

func FuzzProjection(f *testing.F) {
	f.Add(`{"a":1,"b":[{"c":"x"}]}`, `{"a":2,"b":[{"c":"y","d":1}],"e":1}`)
	f.Add(`{"a":"projects/acme/x","scopes":["a","b"]}`, `{"a":"//s/projects/123/x","scopes":["b","a"]}`)
	f.Fuzz(func(t *testing.T, oursText, liveText string) {
		ours, err1 := parseBody([]byte(oursText))
		live, err2 := parseBody([]byte(liveText))
		if err1 != nil || err2 != nil {
			return
		}
		l := glass()
		projection := l.project(live, ours)
		for name := range projection {
			if _, ok := ours[name]; !ok {
				t.Errorf("%q shows, and is not ours", name)
			}
		}
		once, err := stack.CanonicalJSON(projection)
		if err != nil {
			return // a text that is no UTF-8 and the like
		}
		again, err := stack.CanonicalJSON(l.project(live, projection))
		if err != nil || again != once {
			t.Errorf("through its own projection %s shows as %s (%v), not as %s", liveText, again, err, once)
		}
		if want, err := stack.CanonicalJSON(ours); err == nil && l.equal("", live, ours) && once != want {
			t.Errorf("%s is equal to %s, and shows as %s", liveText, want, once)
		}
	})
}
