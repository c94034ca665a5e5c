package rest

import (
	"slices"
	"strings"
	"testing"
)

// api makes one of operations written "name METHOD /path parameter=type ...".
func api(t testing.TB, written ...string) *API {
	t.Helper()
	var all []Operation
	for _, w := range written {
		fields := strings.Fields(w)
		template, err := ParseTemplate(fields[2])
		if err != nil {
			t.Fatal(err)
		}
		o := Operation{Name: fields[0], Method: fields[1], Template: template, Path: map[string]Type{}, Query: map[string]Type{}}
		for _, f := range fields[3:] {
			name, typ, _ := strings.Cut(f, "=")
			parsed, err := ParseType(typ)
			if typ == "members" {
				parsed, err = Type{Members: true}, nil
			}
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(template.Names(), name) {
				o.Path[name] = parsed
			} else {
				o.Query[name] = parsed
			}
		}
		all = append(all, o)
	}
	a, _, err := New(all)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTemplatesOfPaths(t *testing.T) {
	a := api(t, "root GET /", "users GET /users", "slash GET /lists/", "me GET /users/me", "user GET /users/{id}", "add POST /users", "json GET /files/{name}.json",
		"file GET /files/{name}", "all GET /trees/{path...}", "tree GET /trees/{id}/leaf", "compare GET /compare/{base}...{head}", "single GET /compare/{sha}",
		"left GET /x/{b}/c", "right GET /x/b/{c}")
	for path, want := range map[string]string{
		"": "root {}", "/": "root {}", "/users": "users {}", "/lists/": "slash {}",
		"/users/me": "me {}", "/users/%6de": "me {}", "/users/7": `user {"id":"7"}`, "/users/a%20b": `user {"id":"a b"}`, "/users/ME": `user {"id":"ME"}`,
		"/files/a.json": `json {"name":"a"}`, "/files/.json": `file {"name":".json"}`, "/files/a.xml": `file {"name":"a.xml"}`,
		"/trees/a/b/c": `all {"path":"a/b/c"}`, "/trees/a/leaf": `tree {"id":"a"}`, "/trees/a": `all {"path":"a"}`,
		"/compare/a...b": `compare {"base...head":"a...b"}`, "/compare/ab": `single {"sha":"ab"}`, "/compare/a...": `single {"sha":"a..."}`,
		"/x/a/c": `left {"b":"a"}`, "/x/b/d": `right {"c":"d"}`,
		"/x/b/c":  "neither says more", // each says more of one segment
		"/users/": "no such path", "/lists": "no such path", "/trees": "no such path", "/users/7/8": "no such path", "/Users": "no such path",
		"/users//7": "two slashes", "users": "does not begin with a slash", "/users/..": "dots alone", "/" + strings.Repeat("a/", 70) + "a": "more than 64",
	} {
		t.Run(path, func(t *testing.T) {
			r, problem := a.Read("GET", path, "")
			got := ""
			if problem != nil {
				got = problem.Detail
			} else {
				inside, _, _ := strings.Cut(strings.TrimPrefix(string(r.Arguments(nil)), `{"path":`), `,"query"`)
				got = r.Operation.Name + " " + inside
			}
			if got != want && !(problem != nil && strings.Contains(got, want)) {
				t.Errorf("is %s", got)
			}
		})
	}
	if _, problem := a.Read("DELETE", "/users", ""); problem == nil || problem.Status != 405 || problem.Allow != "GET, HEAD, POST" {
		t.Errorf("a method that is not there gives %v", problem)
	}
	if r, problem := a.Read("HEAD", "/users", ""); problem != nil || r.Operation.Name != "users" {
		t.Errorf("HEAD gives %v", problem)
	}
}

func TestTemplatesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"", "users", "//", "/a//b", "/a/../b", "/a/./b", "/a b", "/a;b", "/a?b", "/a#b", "/{", "/}", "/{}", "/a}{b", "/{a}{b}", "/{a/b}", "/{...}", "/{a...}/b", "/x{a...}",
		"/{a}/{a}", "/a%2fb", "/a%zz", "/" + strings.Repeat("a/", 64) + "a",
	} {
		if template, err := ParseTemplate(text); err == nil {
			t.Errorf("%q is taken as %+v", text, template)
		}
	}
	same, _ := ParseTemplate("/{a}")
	other, _ := ParseTemplate("/{b}")
	if _, i, err := New([]Operation{{Method: "GET", Template: same}, {Method: "GET", Template: other}}); err == nil || i != 1 {
		t.Errorf("two operations for one request give %d, %v", i, err)
	}
	if _, _, err := New([]Operation{{Method: "GET", Template: same}, {Method: "PUT", Template: other}}); err != nil {
		t.Errorf("names that differ by method give %v", err)
	}
}

func TestQueriesAsArguments(t *testing.T) {
	a := api(t, "find GET /{id} id=integer limit=integer ratio=number all=boolean tags=strings ids=integers filter=members")
	for query, want := range map[string]string{
		"":                              `{}`,
		"limit=5&all=true&ratio=-1.5e3": `{"limit":5,"all":true,"ratio":-1.5e3}`,
		"tags=a":                        `{"tags":["a"]}`,
		"tags=a&limit=1&tags=b":         `{"tags":["a","b"],"limit":1}`,
		"ids=1&ids=-2":                  `{"ids":[1,-2]}`,
		"other=5":                       `{"other":"5"}`,
		"other=5&other=6":               `{"other":["5","6"]}`,
		"a+b%2B=c":                      "white space",
		"x=a+b%2Bc%26":                  `{"x":"a b+c\u0026"}`,
		"bare":                          `{"bare":""}`,
		"filter[a]=1&filter%5Bb%5D=2":   `{"filter":{"a":"1","b":"2"}}`,
		"filter[a]=1&filter[a]=2":       "given twice",
		"filter[a][b]=1":                "cannot be read",
		"filter=1":                      "is not named",
		"other[a]=1":                    "brackets",
		"other]=1":                      "bracket",
		"limit=5&limit=6":               "more than once",
		"limit=":                        "not of its type",
		"limit=05":                      "not of its type",
		"limit=5.0":                     "not of its type",
		"limit=0x5":                     "not of its type",
		"limit=%205":                    "not of its type",
		"limit=-0":                      "not of its type",
		"limit=99999999999999999999":    "not of its type",
		"all=TRUE":                      "not of its type",
		"all=1":                         "not of its type",
		"ratio=NaN":                     "not of its type",
		"ratio=.5":                      "not of its type",
		"ratio=1_0":                     "not of its type",
		"LIMIT=5":                       "letter case",
		"\u017fearch=1&search=2":        "letter case", // a long s
		"=5":                            "empty",
		"a;b=c":                         "semicolon",
		"a=%f":                          "escape",
		"a=%ff":                         "UTF-8",
		"a=%00":                         "U+0000",
		"_method=PUT":                   "_method",
		strings.Repeat("a=1&", 257):     "more than 256",
	} {
		t.Run(query, func(t *testing.T) {
			r, problem := a.Read("GET", "/7", query)
			got := ""
			if problem != nil {
				got = problem.Detail
			} else {
				_, got, _ = strings.Cut(strings.TrimSuffix(string(r.Arguments(nil)), "}"), `"query":`)
			}
			if got != want && !(problem != nil && strings.Contains(got, want)) {
				t.Errorf("is %s", got)
			}
		})
	}
	r, problem := a.Read("GET", "/7", "")
	if problem != nil || string(r.Arguments([]byte(`[1]`))) != `{"path":{"id":7},"query":{},"body":[1]}` {
		t.Errorf("a body is not there: %v %s", problem, r.Arguments([]byte(`[1]`)))
	}
}

func TestMediaTypesOfBodies(t *testing.T) {
	for _, c := range []struct {
		content []string
		media   string
		takes   bool
	}{
		{nil, "application/json", true},
		{nil, "application/merge-patch+json", true},
		{nil, "text/plain", false},
		{[]string{}, "application/json", false},
		{[]string{"application/json"}, "application/problem+json", true},
		{[]string{"image/*"}, "image/png", true},
		{[]string{"image/*"}, "text/png", false},
		{[]string{"*/*"}, "x/y", true},
		{[]string{"text/csv"}, "application/json", false},
	} {
		if takes(c.content, c.media) != c.takes {
			t.Errorf("%v takes %s: %v", c.content, c.media, !c.takes)
		}
	}
	for _, text := range []string{"", "json", "a/b; c=d", "a b/c", "a/b/c"} {
		if media, err := ParseMedia(text); err == nil {
			t.Errorf("%q is taken as %q", text, media)
		}
	}
}
