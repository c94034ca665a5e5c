package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// seen is what a target got.
type seen struct {
	mu sync.Mutex
	at []string
}

func (s *seen) add(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, what)
}

func (s *seen) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.at, func(one string) bool { return strings.Contains(one, what) })
}

func (s *seen) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.at
	s.at = nil
	return at
}

// restAPI is a gateway in front of an API that tells what it got.
func restAPI(t *testing.T, operations, policies string) (*gateway, *seen) {
	t.Helper()
	got := &seen{}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.add(r.Method + " " + r.RequestURI + " " + string(body))
		switch r.Header.Get("Want") {
		case "redirect here":
			http.Redirect(w, r, "/v2/users/9?x=1", http.StatusFound)
		case "redirect elsewhere":
			http.Redirect(w, r, "https://evil.example/v2/users/9", http.StatusFound)
		case "challenge":
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
		case "cookie":
			w.Header().Set("Set-Cookie", "a=b")
			_, _ = io.WriteString(w, "cookie: "+r.Header.Get("Cookie"))
		case "trailer":
			w.Header().Set("Trailer", "Sum")
			_, _ = io.WriteString(w, "text")
			w.Header().Set("Sum", "7")
		case "break":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		case "range":
			http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader("0123456789"))
		default:
			_, _ = io.WriteString(w, "ok")
		}
	}))
	t.Cleanup(upstream.Close)
	return startWith(t, fmt.Sprintf(`
target "crm" {
  protocol = "rest"
  url      = %q
  %s
}
limits { body = 2048 }
policies { text = %q }`, upstream.URL+"/v2", operations, policies)), got
}

const crm = `
  operation "getUser" {
    method     = "GET"
    path       = "/users/{id}"
    parameters = { id = "integer", fields = "strings", limit = "integer" }
  }
  operation "me" {
    method = "GET"
    path   = "/users/me"
  }
  operation "addUser" {
    method = "POST"
    path   = "/users"
  }
  operation "upload" {
    method  = "PUT"
    path    = "/files/{path...}"
    content = ["text/csv", "image/*"]
  }
`

// Each trick has the same request without it as control.
func TestPathsThatServersReadDifferentlyAreRefused(t *testing.T) {
	g, got := restAPI(t, crm, open)
	control := func(path, headers string) {
		t.Helper()
		if status, body := g.raw("GET " + path + " HTTP/1.1\nHost: gateway\n" + headers + "Connection: close\n\n"); status != http.StatusOK || len(got.take()) != 1 {
			t.Errorf("the control %s gives %d %s", path, status, body)
		}
	}
	for name, path := range map[string]string{
		"dot segments":                     "/crm/users/../users/7",
		"escaped dot segments":             "/crm/users/%2e%2e/users/7",
		"half escaped dot segments":        "/crm/users/.%2E/users/7",
		"a dot segment":                    "/crm/users/./7",
		"three dots":                       "/crm/users/...",
		"two slashes":                      "/crm/users//7",
		"two slashes first":                "/crm//users/7",
		"a slash at the end":               "/crm/users/7/",
		"an escaped slash":                 "/crm/users%2f7",
		"an escaped slash in a value":      "/crm/users/7%2F..",
		"a backslash":                      `/crm/users\7`,
		"an escaped backslash":             "/crm/users/7%5c..",
		"a parameter of a segment":         "/crm/users;a=b/7",
		"a parameter at the end":           "/crm/users/7;jsessionid=1",
		"an escaped semicolon":             "/crm/users/7%3Bx",
		"an escape escaped":                "/crm/users/%2537",
		"an escaped NUL":                   "/crm/users/7%00",
		"an escaped line break":            "/crm/users/7%0d%0aX:%20y",
		"an escaped question mark":         "/crm/users/7%3Fx",
		"an escaped number sign":           "/crm/users/7%23x",
		"a number sign":                    "/crm/users/7#x",
		"overlong UTF-8":                   "/crm/users/%c0%af",
		"bytes that are not UTF-8":         "/crm/users/%ff",
		"another case":                     "/crm/Users/7",
		"the target's path in other case":  "/CRM/users/7",
		"the target's path escaped":        "/%63rm/users/7",
		"a value of another type":          "/crm/users/seven",
		"a zero in front":                  "/crm/users/07",
		"a sign in front":                  "/crm/users/+7",
		"a semicolon in the query":         "/crm/users/7?limit=1;limit=2",
		"a parameter twice":                "/crm/users/7?limit=1&limit=2",
		"a parameter in other case":        "/crm/users/7?Limit=1",
		"two parameters by case":           "/crm/users/7?a=1&A=2",
		"brackets in a name":               "/crm/users/7?limit[]=2",
		"escaped brackets in a name":       "/crm/users/7?limit%5B%5D=2",
		"a method in the query":            "/crm/users/7?_method=DELETE",
		"an escape in the query that's no": "/crm/users/7?a=%zz",
		"NUL in the query":                 "/crm/users/7?a=%00",
		"a value of another type, query":   "/crm/users/7?limit=0x10",
		"a path that no operation has":     "/crm/accounts/7",
	} {
		t.Run(name, func(t *testing.T) {
			status, body := g.raw("GET " + path + " HTTP/1.1\nHost: gateway\nConnection: close\n\n")
			if status < 400 || status >= 500 {
				t.Errorf("gives %d %s", status, body)
			}
			if at := got.take(); len(at) > 0 {
				t.Errorf("the target got %q", at)
			}
			control("/crm/users/7?limit=1&a=x", "")
		})
	}
	for name, headers := range map[string]string{
		"another method":                  "X-HTTP-Method-Override: DELETE\n",
		"another method, underscores":     "X_HTTP_Method_Override: DELETE\n",
		"another method, short":           "X-HTTP-Method: DELETE\n",
		"another path":                    "X-Original-URL: /admin\n",
		"another path, IIS":               "X-Rewrite-URL: /admin\n",
		"another protocol":                "Upgrade: websocket\nSec-WebSocket-Version: 13\n",
		"a body that a GET must not have": "Content-Length: 2\nContent-Type: application/json\n",
	} {
		t.Run(name, func(t *testing.T) {
			if status, body := g.raw("GET /crm/users/7 HTTP/1.1\nHost: gateway\n" + headers + "Connection: close\n\n{}"); status < 400 {
				t.Errorf("gives %d %s", status, body)
			}
			if at := got.take(); len(at) > 0 {
				t.Errorf("the target got %q", at)
			}
			control("/crm/users/7", "X-Harmless: DELETE\n")
		})
	}
}

func TestWhatIsPassedOnIsWrittenAnew(t *testing.T) {
	g, got := restAPI(t, crm, open)
	for asked, want := range map[string]string{
		"GET /crm/users/7":                       "GET /v2/users/7 ",
		"GET /crm/users/%37?fields=a+b&fields=c": "GET /v2/users/7?fields=a%20b&fields=c ",
		"GET /crm/users/7?&a=%41&&b":             "GET /v2/users/7?a=A&b ",
		"GET /crm/users/me":                      "GET /v2/users/me ",
		"HEAD /crm/users/7":                      "HEAD /v2/users/7 ",
		"OPTIONS /crm/users/7":                   "OPTIONS /v2/users/7 ",
		"GET /crm/users/7?a=%E4%BD%A0%2F%26":     "GET /v2/users/7?a=%E4%BD%A0%2F%26 ",
	} {
		t.Run(asked, func(t *testing.T) {
			if status, body := g.raw(asked + " HTTP/1.1\nHost: gateway\nConnection: close\n\n"); status != http.StatusOK {
				t.Errorf("gives %d %s", status, body)
			}
			if at := got.take(); len(at) != 1 || at[0] != want {
				t.Errorf("the target got %q, not %q", at, want)
			}
		})
	}
}

func TestBodiesAreDecidedOnOrDeclared(t *testing.T) {
	g, got := restAPI(t, crm, `
permit (principal, action == Action::"request", resource == Path::"crm//users")
when { context.arguments has body.age && context.arguments.body.age >= 18 };
@id("csv") permit (principal, action == Action::"request", resource == Path::"crm//files/{path...}")
when { context has operation && context.operation == "upload" && context.arguments has path.path && context.arguments.path.path like "reports/*" };`)
	for name, c := range map[string]struct {
		request, headers, body string
		status                 int
		told                   string
	}{
		"a permitted body":           {"POST /crm/users", "application/json", `{"age":18}`, 200, "ok"},
		"JSON by another name":       {"POST /crm/users", "application/merge-patch+json; charset=UTF-8", `{"age":18}`, 200, "ok"},
		"a denied body":              {"POST /crm/users", "application/json", `{"age":17}`, 403, "no policy permits"},
		"no body":                    {"POST /crm/users", "", "", 403, "no policy permits"},
		"a key twice":                {"POST /crm/users", "application/json", `{"age":17,"age":18}`, 400, "a key occurs twice"},
		"a key in other case":        {"POST /crm/users", "application/json", `{"age":18,"Age":1}`, 403, ""},
		"JSON under a false name":    {"POST /crm/users", "text/plain", `{"age":17}`, 415, "text/plain"},
		"JSON under no name":         {"POST /crm/users", "", `{"age":17}`, 415, ""},
		"JSON in another charset":    {"POST /crm/users", "application/json; charset=utf-16", `{"age":18}`, 415, "utf-16"},
		"JSON compressed":            {"POST /crm/users", "application/json\nContent-Encoding: gzip", `{"age":18}`, 415, "compressed"},
		"two types":                  {"POST /crm/users", "application/json\nContent-Type: text/plain", `{"age":18}`, 400, "Content-Type"},
		"a body that is too large":   {"POST /crm/users", "application/json", `{"age":18,"x":"` + strings.Repeat("x", 2048) + `"}`, 413, "limits.body"},
		"a declared stream":          {"PUT /crm/files/reports/a.csv", "text/csv", "a,b", 200, "ok"},
		"a stream to somewhere else": {"PUT /crm/files/other/a.csv", "text/csv", "a,b", 403, ""},
		"a stream that is too large": {"PUT /crm/files/reports/a.csv", "text/csv", strings.Repeat("x", 4096), 413, "limits.body"},
		"a stream of another type":   {"PUT /crm/files/reports/a.csv", "text/html", "a,b", 415, ""},
		"a method that is not there": {"DELETE /crm/users", "", "", 405, "DELETE"},
		"a method of somewhere else": {"PROPFIND /crm/users", "", "", 501, ""},
	} {
		t.Run(name, func(t *testing.T) {
			header := ""
			if c.headers != "" {
				header = "Content-Type: " + c.headers + "\n"
			}
			status, told := g.raw(fmt.Sprintf("%s HTTP/1.1\nHost: gateway\nConnection: close\n%sContent-Length: %d\n\n%s", c.request, header, len(c.body), c.body))
			if status != c.status || !strings.Contains(told, c.told) {
				t.Errorf("gives %d %s", status, told)
			}
			if at := got.take(); (len(at) == 1) != (c.status == 200) {
				t.Errorf("the target got %q", at)
			}
			if c.status != 200 {
				var problem map[string]any
				if err := json.Unmarshal([]byte(told), &problem); err != nil || problem["status"] != float64(c.status) {
					t.Errorf("it is no problem: %s", told)
				}
			}
		})
	}
	chunked := "PUT /crm/files/reports/a.csv HTTP/1.1\nHost: gateway\nConnection: close\nContent-Type: text/csv\nTransfer-Encoding: chunked\n\n"
	if status, told := g.raw(chunked + "1000\n" + strings.Repeat("x", 4096) + "\n0\n\n"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a stream that turns out too large gives %d %s", status, told)
	}
	if !strings.Contains(g.log(), `"operation":"upload"`) || !strings.Contains(g.log(), `"resource.name":"/files/{path...}"`) {
		t.Errorf("the audit log has %s", g.log())
	}
}

func TestAnswersOfAnAPI(t *testing.T) {
	g, got := restAPI(t, crm, open)
	web := g.web("assistant")
	for want, check := range map[string]func(*http.Response, string) bool{
		"redirect here": func(r *http.Response, _ string) bool {
			return r.StatusCode == 302 && r.Header.Get("Location") == "/crm/users/9?x=1"
		},
		"redirect elsewhere": func(r *http.Response, body string) bool {
			return r.StatusCode == 502 && r.Header.Get("Location") == "" && !strings.Contains(body, "evil")
		},
		"challenge": func(r *http.Response, _ string) bool {
			return r.StatusCode == 502 && r.Header.Get("WWW-Authenticate") == ""
		},
		"cookie": func(r *http.Response, body string) bool {
			return r.StatusCode == 200 && r.Header.Get("Set-Cookie") == "" && body == "cookie: "
		},
		"trailer": func(r *http.Response, body string) bool { return body == "text" && r.Trailer.Get("Sum") == "7" },
		"break":   func(_ *http.Response, body string) bool { return strings.Contains(body, "unexpected EOF") },
		"range": func(r *http.Response, body string) bool {
			return r.StatusCode == 206 && body == "234" && r.Header.Get("Content-Range") == "bytes 2-4/10" && r.ContentLength == 3
		},
	} {
		t.Run(want, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.Origin("agents")+"/crm/users/7", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Want", want)
			r.Header.Set("Cookie", "of=another")
			r.Header.Set("Range", "bytes=2-4")
			response, err := web.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				body = append(body, err.Error()...)
			}
			if !check(response, string(body)) {
				t.Errorf("gives %d %v %s", response.StatusCode, response.Header, body)
			}
			got.take()
		})
	}
}

func TestWhatIsNoOperationMayBeDecidedOn(t *testing.T) {
	g, got := restAPI(t, crm+`unmatched = "decide"`, `
@id("rest") permit (principal, action == Action::"request", resource == Path::"crm/*") when { context.method == "GET" };
@id("reset") permit (principal, action == Action::"request", resource == Path::"crm//users/{id}") when { context.method == "DELETE" };`)
	for asked, status := range map[string]int{
		"GET /crm/accounts/7":    200,
		"POST /crm/accounts":     403,
		"GET /crm/users/7":       403, // a template of its own
		"DELETE /crm/users/7":    200, // its template, with another method
		"GET /crm/Users/7":       404, // what a lax server takes for it
		"GET /crm/users/7/":      404,
		"GET /crm/users/me.json": 400, // the id is an integer
		"GET /crm/accounts/%2e":  400,
	} {
		if got, body := g.raw(asked + " HTTP/1.1\nHost: gateway\nConnection: close\n\n"); got != status {
			t.Errorf("%s gives %d %s", asked, got, body)
		}
	}
	if at := got.take(); len(at) != 2 {
		t.Errorf("the target got %q", at)
	}
}
