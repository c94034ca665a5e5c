package policy

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsWrongWithAPolicyIsToldWithItsPlace(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int // the source begins on line 10
		want string
	}{
		"a syntax error":                         {"permit(principal, action, resource)\nwhen { true } x", 11, ":11:15: `x` stands where `;` is wanted"},
		"a comma that is missing":                {"permit(\n  principal, // ä\n  action\n  resource\n);", 13, ":13:3: `resource` stands where `,` is wanted"},
		"a semicolon that is missing":            {"permit(principal, action, resource)\nwhen { true }", 11, ":11:14: the text ends where `;` is wanted"},
		"a misspelt attribute of the context":    {"permit(principal, action, resource)\nwhen { context.mtsl };", 11, ":11:16: policy `policy0`: attribute `mtsl`"},
		"a misspelt attribute of the principal":  {"permit(principal is Agent, action, resource)\nwhen { principal.trustdomain == \"x\" };", 11, ":11:18: "},
		"an entity type that is not there":       {"permit(principal is Agnet, action, resource);", 10, ":10:21: "},
		"an action that is not there":            {"permit(principal, action == Action::\"calTool\", resource);", 10, ":10:37: "},
		"an optional attribute without has":      {"permit(principal, action, resource)\nwhen { context.user == \"alice\" };", 11, ":11:16: "},
		"an argument without has":                {"permit(principal, action, resource)\nwhen { context.arguments.amount < 5 };", 11, ":11:26: "},
		"an argument of two types":               {"permit(principal, action, resource)\nwhen { context.arguments has a && context.arguments.a < 5 && context.arguments.a like \"x\" };", 11, "\"a\" is used as Long and as String"},
		"a comparison of two types":              {"permit(principal, action, resource)\nwhen { context.method == 5 };", 10, "policy0"},
		"an action that is not asked of a thing": {"permit(principal, action == Action::\"callTool\", resource is Prompt);", 10, "unable to find an applicable action"},
		"an id that is there twice":              {"@id(\"a\") permit(principal, action, resource);\n@id(\"a\") permit(principal, action, resource);", 11, ":11:5: policy `a`: there is another policy with the id `a`"},
		"a mode that is not there":               {"@mode(\"dry\") permit(principal, action, resource);", 10, ":10:7: policy `policy0`: @mode(\"dry\")"},
		"an empty id":                            {"@id(\"\") permit(principal, action, resource);", 10, "@id is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := New(Source{Name: "p.cedar", Text: []byte(c.text), Line: 10})
			var p *Problem
			if !errors.As(err, &p) {
				t.Fatalf("got %v", err)
			}
			if p.File != "p.cedar" || p.Line != c.line || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestEverythingThatIsWrongIsTold(t *testing.T) {
	_, err := New(
		Source{Name: "a.cedar", Text: []byte(`permit(principal, action, resource) when {context.a}; permit(principal, action, resource) when {context.b};`)},
		Source{Name: "b.cedar", Text: []byte(`nonsense`)},
	)
	for _, want := range []string{"a.cedar:1:51: policy `policy0`: attribute `a`", "policy `policy1`: attribute `b`", "b.cedar:1:9: at "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not tell %q", err, want)
		}
	}
}

func TestPoliciesWithoutAnIDAreCountedOverAllSources(t *testing.T) {
	one := []byte(`permit(principal, action, resource);`)
	e, err := New(Source{Name: "a", Text: one}, Source{Name: "b", Text: one})
	if err != nil {
		t.Fatal(err)
	}
	d := e.Decide(t.Context(), payment(""))
	if strings.Join(d.Policies, ",") != "policy0,policy1" || e.Len() != 2 {
		t.Errorf("got %+v", d)
	}
}

func FuzzNew(f *testing.F) {
	f.Add([]byte(`permit(principal, action, resource) when {context.arguments.a.b.contains(context.arguments["c"])};`))
	f.Add([]byte(`@id("x") forbid(principal in Agent::"a", action in [Action::"callTool"], resource is Tool in Target::"t") unless {context == {a: 1} || [context.arguments].containsAny([context.token.claims.x])};`))
	f.Add([]byte(`permit(principal, action, resource) when {if context.arguments has x then -context.arguments.x > 1 else decimal("1.0").lessThan(context.arguments.y)};`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := New(Source{Name: "f", Text: text})
		if err != nil {
			return
		}
		// What loads can be decided by, whatever the arguments.
		for _, arguments := range []string{"", `{"a":{"b":[1]},"x":"1","c":null}`, `{"a":1.5,"x":2}`} {
			if d := e.Decide(t.Context(), payment(arguments)); d.Err != nil && d.Allowed {
				t.Errorf("allowed without a decision: %+v", d)
			}
		}
	})
}

// Expressions are no keys: some hold slices, and to compare two of those ends the program.
func TestAnyExpressionCanBeLoaded(t *testing.T) {
	for _, condition := range []string{
		`principal in [Namespace::"example.org/a", Namespace::"example.org/b"]`,
		`resource in [Target::"a", Target::"b"]`,
		`principal.hasTag("team") && ["a", "b"].contains(principal.getTag("team"))`,
		`{"a": [1, 2]}.a.containsAny([1])`,
		`(if context.mtls then [1] else [2]).contains(1)`,
	} {
		_, err := New(Source{Name: "p.cedar", Text: []byte("permit (principal is Agent, action, resource) when { " + condition + " };")})
		var p *Problem
		if err != nil && !errors.As(err, &p) {
			t.Errorf("%s: %v", condition, err)
		}
	}
}
