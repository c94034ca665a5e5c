package rest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// What is taken, net/url reads as the same segments and parameters, net/http's own routing finds the same template with the same values, and
// nothing that cleans paths changes it.
func FuzzRequest(f *testing.F) {
	for _, seed := range [][2]string{
		{"/users/7", "limit=5&tags=a&tags=b"},
		{"/users/a%20b", "x=a+b%26"},
		{"/users/%2e%2e/x", "a;b"},
		{"/files/a/b//c", "a[b]=c"},
		{"/users/me", "A=1&a=2"},
		{"/x/..%2fy", "%zz"},
		{"/users/%E4%BD%A0", "filter[a]=b"},
		{"/files/a.b/.c", "bare&&"},
	} {
		f.Add(seed[0], seed[1])
	}
	a := api(f, "user GET /users/{id}", "me GET /users/me", "sub GET /users/{id}/{name}", "file GET /files/{path...}", "find GET /find limit=integer tags=strings filter=members")
	a.Open = true
	type found struct {
		pattern string
		values  map[string]string
	}
	var by found
	mux := http.NewServeMux()
	for _, pattern := range []string{"/users/{id}", "/users/me", "/users/{id}/{name}", "/files/{path...}", "/find"} {
		mux.HandleFunc("GET "+pattern, func(_ http.ResponseWriter, r *http.Request) {
			by = found{pattern, map[string]string{}}
			for _, name := range []string{"id", "name", "path"} {
				if v := r.PathValue(name); v != "" {
					by.values[name] = v
				}
			}
		})
	}
	f.Fuzz(func(t *testing.T, escaped, query string) {
		r, problem := a.Read(http.MethodGet, escaped, query)
		if problem != nil {
			return
		}
		arguments := r.Arguments(nil)
		if _, err := jsonscan.Validate(arguments, jsonscan.Limits{}); err != nil {
			t.Fatalf("%v in %s", err, arguments)
		}
		var read struct {
			Path  map[string]string
			Query map[string]any
		}
		if err := json.Unmarshal(arguments, &read); err != nil {
			t.Fatal(err)
		}
		u, err := url.ParseRequestURI(r.Path + "?" + r.Query)
		if err != nil || u.EscapedPath() != r.Path {
			t.Fatalf("net/url reads %q as %v, %v", r.Path, u, err)
		}
		if clean := path.Clean(u.Path); clean != strings.TrimSuffix(u.Path, "/") && clean != u.Path {
			t.Fatalf("%q is cleaned to %q", u.Path, clean)
		}
		if escaped != "" {
			if came, err := url.PathUnescape(escaped); err != nil || came != u.Path {
				t.Fatalf("%q comes as %q and is passed on as %q", escaped, came, u.Path)
			}
		}
		values, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		if came, err := url.ParseQuery(query); err != nil || came.Encode() != values.Encode() {
			t.Fatalf("%q comes as %v and is passed on as %v, %v", query, came, values, err)
		}
		for name, v := range read.Query {
			same(t, values, name, v)
		}
		by = found{}
		mux.ServeHTTP(httptest.NewRecorder(), &http.Request{Method: http.MethodGet, URL: u, Host: "x"})
		template := r.Template
		if template == Unmatched {
			template = ""
		}
		if by.pattern != template {
			t.Fatalf("%q is %q here and %q for net/http", r.Path, template, by.pattern)
		}
		for name, v := range read.Path {
			if by.values[name] != v {
				t.Fatalf("%s of %q is %q here and %q for net/http", name, r.Path, v, by.values[name])
			}
		}
	})
}

// same says that a parameter has the values that net/url reads.
func same(t *testing.T, values url.Values, name string, v any) {
	t.Helper()
	var texts []string
	switch v := v.(type) {
	case string:
		texts = []string{v}
	case []any:
		for _, one := range v {
			text, ok := one.(string)
			if !ok {
				return // typed
			}
			texts = append(texts, text)
		}
	default:
		return // a number or members, which have their own tests
	}
	if !slices.Equal(texts, values[name]) {
		t.Fatalf("%s is %q here and %q for net/url", name, texts, values[name])
	}
}
