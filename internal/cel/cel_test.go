package cel

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	celgo "github.com/google/cel-go/cel"
)

func TestBoolAcceptsWhatAnAPIServerAccepts(t *testing.T) {
	checker := newChecker(t, true)
	for _, expression := range []string{
		`true`,
		`object.spec.containers.all(c, c.image != "") // a comment`,
		`has(object.metadata.labels) && "a" in object.metadata.labels`,
		`oldObject == null || request.operation in ["UPDATE"]`,
		`namespaceObject.metadata.labels["x"] == "y"`,
		`authorizer.group("").resource("pods").check("create").allowed()`,
		`quantity("1Gi").isLessThan(quantity("2Gi")) && ip.isCanonical("127.0.0.1")`,
		`object.metadata.?labels[?"a"].orValue("") == "b"`,
		`variables.names.all(n, n.size() < 10)`,
	} {
		if err := checker.Bool(expression); err != nil {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

func TestBoolSaysWhereAnExpressionIsWrong(t *testing.T) {
	checker := newChecker(t, false)
	for _, c := range []struct {
		name, expression string
		line, column     int
		message          string
	}{
		{"syntax", `object.spec.`, 1, 13, "Syntax error"},
		{"second line", "true &&\n  objekt.spec == 1", 2, 3, "undeclared reference to 'objekt'"},
		{"column in characters, not bytes", `"äöü" == objekt`, 1, 10, "undeclared reference"},
		{"unknown variable", `variables.nmes.all(n, true)`, 1, 10, "undefined field 'nmes'"},
		{"unknown field of the request", `request.operatoin == "CREATE"`, 1, 8, "undefined field"},
		{"parameters, which policies have none of", `params.x`, 1, 1, "undeclared reference to 'params'"},
		{"authorizer, which this engine has not", `authorizer.path("/").check("get").allowed()`, 1, 1, "undeclared reference to 'authorizer'"},
		{"a clock, which Kubernetes has not", `now() > timestamp("2026-01-01T00:00:00Z")`, 1, 4, "undeclared reference to 'now'"},
		{"bad timestamp", `timestamp("soon") == timestamp("later")`, 1, 11, "timestamp"},
		{"bad regular expression", `"a".matches("(")`, 1, 13, "matches"},
		{"mixed list", `request.operation in ["a", 1]`, 1, 28, ""},
		{"wrong type", `"yes"`, 0, 0, "must evaluate to bool but got string"},
		{"type known only at run time", `object.spec.hostNetwork`, 0, 0, "must evaluate to bool"},
		{"empty", ``, 1, 1, "Syntax error"},
		{"too long", strings.Repeat(" ", MaxExpression) + "true", 0, 0, "characters"},
		{"too deep", strings.Repeat("(", 1000) + "true" + strings.Repeat(")", 1000), 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err *Error
			if !errors.As(checker.Bool(c.expression), &err) {
				t.Fatal("no error")
			}
			if c.name == "too deep" {
				return // that it ends is what matters
			}
			if err.Line != c.line || err.Column != c.column || !strings.Contains(err.Message, c.message) {
				t.Errorf("line %d, column %d: %s; want line %d, column %d: …%s…", err.Line, err.Column, err.Message, c.line, c.column, c.message)
			}
		})
	}
}

func TestVariableThatDoesNotCompileIsAnError(t *testing.T) {
	_, err := NewChecker(false, Variable{Name: "broken", Expression: "1 +"})
	if err == nil || !strings.Contains(err.Error(), "variable broken: line 1") {
		t.Errorf("got %v", err)
	}
}

func TestStringsGivesAList(t *testing.T) {
	if got, want := Strings([]string{"a", `b"`}), `["a", "b\""]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := Strings(nil); got != "[]" {
		t.Errorf("got %s, want []", got)
	}
}

// The literal of a string evaluates to the string, whatever is in it, and stays on one line.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", `a"b`, `\`, "\n\r\t", "\x00\x7f\u0080\u2028", "äöü🙂", `' + object + '`, "\xff", `\u0041`, "//"} {
		f.Add(s)
	}
	env, err := celgo.NewEnv()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		literal := String(s)
		if strings.ContainsAny(literal, "\n\r") {
			t.Errorf("%q has a line break", literal)
		}
		ast, issues := env.Compile(literal)
		if issues.Err() != nil {
			t.Fatalf("%q gives %s, which does not compile: %v", s, literal, issues.Err())
		}
		program, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		value, _, err := program.Eval(map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, string(utf8.RuneError)); value.Value() != want {
			t.Errorf("%s evaluates to %q, want %q", literal, value.Value(), want)
		}
	})
}

// Whatever a user writes: no panic, and a place that lies in the text. What compiles also compiles as one side of an "or"
// between line breaks, which is how it is rendered.
func FuzzBool(f *testing.F) {
	for _, s := range []string{"true", "object.a == 1 // c", "a\nb", "(", `"""`, "r'\\'", "[1,2].exists(x, x > 1)", "{", "true\r//x", "\xff", "variables.names == []"} {
		f.Add(s)
	}
	checker := newChecker(f, true)
	f.Fuzz(func(t *testing.T, expression string) {
		err := checker.Bool(expression)
		if err == nil {
			if err := checker.Bool("false || (\n" + expression + "\n)"); err != nil && len(expression) < MaxExpression-20 {
				t.Errorf("%q compiles, but not in brackets: %v", expression, err)
			}
			return
		}
		var at *Error
		if !errors.As(err, &at) {
			t.Fatalf("%q: not an *Error: %v", expression, err)
		}
		lines := strings.Split(expression, "\n")
		if at.Line < 0 || at.Line > len(lines) || at.Line == 0 && at.Column != 0 {
			t.Errorf("%q: no such place: %v", expression, err)
		}
	})
}

func newChecker(tb testing.TB, authorizer bool) *Checker {
	tb.Helper()
	checker, err := NewChecker(authorizer, Variable{Name: "names", Expression: `["a"]`})
	if err != nil {
		tb.Fatal(err)
	}
	return checker
}

func TestJSONValuesAreLiteralsThatCompile(t *testing.T) {
	checker := newChecker(t, false)
	for want, value := range map[string]any{
		`"a\"b"`:             `a"b`,
		`true`:               true,
		`-3`:                 int64(-3),
		`["a", "b"]`:         []any{"a", "b"},
		`{"a": "b"}`:         map[string]any{"a": "b"},
		`{}`:                 map[string]any{},
		`[dyn("a"), dyn(1)]`: []any{"a", int64(1)},
		`{"a": dyn("x"), "b": dyn([dyn({"c": dyn(false)})])}`: map[string]any{"b": []any{map[string]any{"c": false}}, "a": "x"},
	} {
		got := Value(value)
		if got != want {
			t.Errorf("%v is written as %s, want %s", value, got, want)
		}
		if err := checker.Bool("dyn(" + got + ") == 1"); err != nil {
			t.Errorf("%s: %v", got, err)
		}
	}
}
