package rest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const users = `openapi: 3.1.0
info: {title: Users, version: "1"}
paths:
  /users/{id}:
    parameters:
      - $ref: '#/components/parameters/id'
    get:
      operationId: getUser
      parameters:
        - {name: limit, in: query, schema: {type: [integer, "null"]}}
        - {name: tags, in: query, explode: false, schema: {type: array, items: {$ref: '#/components/schemas/Number'}}}
        - {name: ids, in: query, schema: {type: array, items: {type: string}}}
        - {name: filter, in: query, style: deepObject, schema: {type: object}}
        - {name: piped, in: query, style: pipeDelimited, schema: {type: array}}
        - {name: X-Trace, in: header, schema: {type: string}}
    put:
      requestBody: {$ref: '#/components/requestBodies/csv'}
    trace: {}
    x-own: 1
  x-more: {}
components:
  parameters:
    id: {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Number'}}
  schemas:
    Number: {type: integer}
  requestBodies:
    csv: {content: {"text/csv; charset=utf-8": {}, application/json: {}}}
`

func TestOperationsOfADocument(t *testing.T) {
	operations, err := OpenAPI([]byte(users))
	if err != nil {
		t.Fatal(err)
	}
	if len(operations) != 2 {
		t.Fatalf("%d operations: %+v", len(operations), operations)
	}
	get, put := operations[0], operations[1]
	want := map[string]Type{"limit": {Of: "integer"}, "tags": {Of: "integer", List: true, Split: true}, "ids": {Of: "string", List: true}, "filter": {Of: "string", Members: true}, "piped": {Of: "string"}}
	if get.Name != "getUser" || get.Method != "GET" || get.Template.Text != "/users/{id}" || get.Path["id"] != (Type{Of: "integer"}) || fmt.Sprint(get.Query) != fmt.Sprint(want) ||
		get.Content == nil || len(get.Content) != 0 {
		t.Errorf("GET is %+v", get)
	}
	if put.Name != "" || put.Method != "PUT" || !slices.Equal(put.Content, []string{"text/csv", "application/json"}) {
		t.Errorf("PUT is %+v", put)
	}
	a, _, err := New(operations)
	if err != nil {
		t.Fatal(err)
	}
	r, problem := a.Read("GET", "/users/7", "tags=1,2&ids=a,b&piped=a|b")
	if problem != nil || string(r.Arguments(nil)) != `{"path":{"id":7},"query":{"tags":[1,2],"ids":["a,b"],"piped":"a|b"}}` {
		t.Errorf("%v %s", problem, r.Arguments(nil))
	}
}

func TestDocumentsInJSON(t *testing.T) {
	text := "{\n\t\"openapi\": \"3.0.3\",\n\t\"paths\": {\n\t\t\"/a\": {\"get\": {\"operationId\": \"a\\u0062\"}}\n\t}\n}"
	operations, err := OpenAPI([]byte(text))
	if err != nil || len(operations) != 1 || operations[0].Name != "ab" {
		t.Errorf("%+v %v", operations, err)
	}
}

func TestDocumentsThatCannotBeUsed(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		line int
		why  string
	}{
		"nothing":                       {"", 0, "no mapping"},
		"a list":                        {"- a", 0, "no mapping"},
		"no YAML":                       {"openapi: 3.1.0\na: [", 2, "did not find"},
		"Swagger":                       {"swagger: '2.0'\npaths: {}", 1, "version 3.0 or 3.1"},
		"a version to come":             {"openapi: 3.2.0", 1, "version 3.0 or 3.1"},
		"paths that are a list":         {"openapi: 3.1.0\npaths: []", 2, "no mapping"},
		"a path that is none":           {"openapi: 3.1.0\npaths:\n  users: {}", 3, "does not begin with a slash"},
		"a path with a query":           {"openapi: 3.1.0\npaths:\n  /users?a=b: {}", 3, "escaped"},
		"an operation that is a text":   {"openapi: 3.1.0\npaths:\n  /a: {get: x}", 3, "no operation"},
		"a parameter that is not there": {"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: [{name: b, in: path}]", 5, "no parameter {b}"},
		"a parameter without a name":    {"openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: [{in: query}]", 5, "no name"},
		"a style that is not read":      {"openapi: 3.1.0\npaths:\n  /{a}:\n    get:\n      parameters: [{name: a, in: path, style: matrix}]", 5, "only simple"},
		"a reference to nothing":        {"openapi: 3.1.0\npaths:\n  /a:\n    $ref: '#/components/pathItems/a'", 4, "is not there"},
		"a reference to somewhere else": {"openapi: 3.1.0\npaths:\n  /a:\n    $ref: other.yaml#/a", 4, "another document"},
		"references without end":        {"openapi: 3.1.0\npaths:\n  /a: {$ref: '#/paths/~1a'}", 3, "without end"},
		"a key twice":                   {"openapi: 3.1.0\npaths:\n  /a:\n    get: {operationId: a, operationId: b}", 4, "twice"},
		"an operation twice":            {"openapi: 3.1.0\npaths:\n  /a:\n    get: {operationId: a}\n    get: {operationId: b}", 5, "twice"},
		"a path twice":                  {"openapi: 3.1.0\npaths:\n  /a: {get: {operationId: a}}\n  /a: {get: {operationId: b}}", 4, "twice"},
		"an alias":                      {"openapi: 3.1.0\nx: &x {get: {}}\npaths:\n  /a: *x", 4, "aliases"},
		"a merge":                       {"openapi: 3.1.0\nx: &x {get: {}}\npaths:\n  /a:\n    <<: *x", 5, "aliases"},
		"a media type that is none":     {"openapi: 3.1.0\npaths:\n  /a:\n    put:\n      requestBody: {content: {json: {}}}", 5, "not a media type"},
		"more bytes than may be":        {strings.Repeat("#", MaxDocument+1), 0, "may have"},
	} {
		t.Run(name, func(t *testing.T) {
			operations, err := OpenAPI([]byte(c.text))
			var fault *Fault
			if !errors.As(err, &fault) || !strings.Contains(fault.Why, c.why) || c.line > 0 && fault.Line != c.line {
				t.Errorf("gives %+v, %+v", operations, err)
			}
		})
	}
}

// No document makes the reader fail in another way than with a fault, and what it gives can be served.
func FuzzOpenAPI(f *testing.F) {
	f.Add([]byte(users))
	f.Add([]byte(`{"openapi":"3.0.0","paths":{"/a/{b}":{"$ref":"#/paths/~1a~1{b}"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		operations, err := OpenAPI(text)
		var fault *Fault
		if err != nil {
			if !errors.As(err, &fault) || fault.Why == "" {
				t.Fatalf("the error is %v", err)
			}
			return
		}
		a, _, err := New(operations)
		if err != nil {
			return
		}
		for _, o := range operations {
			if !strings.ContainsAny(o.Template.Text, "{%") {
				if _, problem := a.Read(o.Method, o.Template.Text, ""); problem != nil {
					t.Fatalf("%s %s: %v", o.Method, o.Template.Text, problem)
				}
			}
		}
	})
}
