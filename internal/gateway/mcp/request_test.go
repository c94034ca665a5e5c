package mcp

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// post is a request with a JSON body; further headers come as name and value.
func post(body string, headers ...string) Request {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

// modern is a request of 2026-07-28 with the headers that a correct client sends. params are what stands before _meta.
func modern(method, name, params string) Request {
	if params != "" {
		params += ","
	}
	r := post(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{%s"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`,
		method, params), HeaderVersion, Version20260728, HeaderMethod, method)
	if name != "" {
		r.Header.Set(HeaderName, name)
	}
	return r
}

// with returns r after a change of its headers.
func with(r Request, name string, values ...string) Request {
	r.Header = r.Header.Clone()
	r.Header[http.CanonicalHeaderKey(name)] = values
	return r
}

// line writes a call in one line, for comparison.
func line(c *call.Call) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s %q args=%s id=%s session=%s", c.Version, c.Direction, c.Method, c.Resource.Kind, c.Resource.Name,
		c.Arguments, c.RequestID, c.Session))
}

func lines(calls []*call.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, line(c))
	}
	return out
}

func TestParseUnderstandsCalls(t *testing.T) {
	const v11 = Version20251125
	for name, c := range map[string]struct {
		request Request
		want    []string
	}{
		"a tool call": {
			post(`{"jsonrpc":"2.0","id":"a-1","method":"tools/call","params":{"name":"deploy","arguments":{"to":"prod"},"_meta":{"progressToken":1}}}`,
				HeaderVersion, v11, HeaderSession, "s1"),
			[]string{`2025-11-25 to_target tools/call tool "deploy" args={"to":"prod"} id="a-1" session=s1`},
		},
		"a tool call without arguments": {
			post(`{"jsonrpc":"2.0","id":-5,"method":"tools/call","params":{"name":"deploy"}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target tools/call tool "deploy" args= id=-5 session=`},
		},
		"a name and a method with escapes": {
			post(`{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"n\u0061me":"d\u0065ploy","arguments":null}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target tools/call tool "deploy" args= id=1 session=`},
		},
		"a prompt": {
			post(`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"review","arguments":{"a":"b"}}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target prompts/get prompt "review" args={"a":"b"} id=1 session=`},
		},
		"a resource": {
			post(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}`, HeaderVersion, Version20250618),
			[]string{`2025-06-18 to_target resources/read resource "file:///etc/passwd" args={"uri":"file:///etc/passwd"} id=1 session=`},
		},
		"a subscription to a resource": {
			post(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"a:b"}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target resources/subscribe resource "a:b" args={"uri":"a:b"} id=1 session=`},
		},
		"the completion of a prompt's argument": {
			post(`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"n","value":"v"}}}`,
				HeaderVersion, v11),
			[]string{`2025-11-25 to_target completion/complete prompt "p" args={"name":"n","value":"v"} id=1 session=`},
		},
		"the completion of a template's argument": {
			post(`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/resource","uri":"f:///{x}"}}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target completion/complete resource "f:///{x}" args= id=1 session=`},
		},
		"a task": {
			post(`{"jsonrpc":"2.0","id":1,"method":"tasks/cancel","params":{"taskId":"t-9"}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target tasks/cancel task "t-9" args={"taskId":"t-9"} id=1 session=`},
		},
		"a list": {
			post(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target tools/list method "tools/list" args= id=1 session=`},
		},
		"a method that nobody has heard of": {
			post(`{"jsonrpc":"2.0","id":1,"method":"acme/reboot","params":{"now":true}}`, HeaderVersion, v11),
			[]string{`2025-11-25 to_target acme/reboot method "acme/reboot" args={"now":true} id=1 session=`},
		},
		"a notification": {
			post(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, HeaderVersion, v11, HeaderSession, "s1"),
			[]string{`2025-11-25 to_target notifications/cancelled method "notifications/cancelled" args={"requestId":1} id= session=s1`},
		},
		"the handshake, whose version is in the body": {
			post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}`),
			[]string{`2025-11-25 to_target initialize method "initialize" args={"protocolVersion":"2025-11-25","capabilities":{}} id=0 session=`},
		},
		"a handshake for a version of the future": {
			post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2099-01-01"}}`),
			[]string{`2025-03-26 to_target initialize method "initialize" args={"protocolVersion":"2099-01-01"} id=0 session=`},
		},
		"a handshake for the version that has none": {
			post(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2026-07-28"}}`),
			[]string{`2025-03-26 to_target initialize method "initialize" args={"protocolVersion":"2026-07-28"} id=0 session=`},
		},
		"a request without a version": {
			post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`),
			[]string{`2025-03-26 to_target ping method "ping" args= id=1 session=`},
		},
		"a batch, in the revision that has them": {
			post(` [{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}},{"jsonrpc":"2.0","method":"notifications/initialized"}]`),
			[]string{
				`2025-03-26 to_target tools/call tool "a" args= id=1 session=`,
				`2025-03-26 to_target notifications/initialized method "notifications/initialized" args= id= session=`,
			},
		},
		"a stateless tool call, whose session header means nothing": {
			with(modern("tools/call", "deploy", `"name":"deploy","arguments":{"n":1}`), HeaderSession, "s1"),
			[]string{`2026-07-28 to_target tools/call tool "deploy" args={"n":1} id=1 session=`},
		},
		"a name in Base64": {
			modern("tools/call", "=?base64?SGVsbG8sIOS4lueVjA==?=", `"name":"Hello, 世界"`),
			[]string{`2026-07-28 to_target tools/call tool "Hello, 世界" args= id=1 session=`},
		},
		"a name that looks like Base64": {
			modern("prompts/get", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=", `"name":"=?base64?literal?="`),
			[]string{`2026-07-28 to_target prompts/get prompt "=?base64?literal?=" args= id=1 session=`},
		},
		"a stateless notification without mirrors": {
			post(`{"jsonrpc":"2.0","method":"notifications/x"}`, HeaderVersion, Version20260728),
			[]string{`2026-07-28 to_target notifications/x method "notifications/x" args= id= session=`},
		},
		"a stream of subscriptions": {
			modern("subscriptions/listen", "", `"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a:1","a:2"],"taskIds":["t"]}`),
			[]string{
				`2026-07-28 to_target subscriptions/listen method "subscriptions/listen" args=P id=1 session=`,
				`2026-07-28 to_target subscriptions/listen resource "a:1" args=P id=1 session=`,
				`2026-07-28 to_target subscriptions/listen resource "a:2" args=P id=1 session=`,
				`2026-07-28 to_target subscriptions/listen task "t" args=P id=1 session=`,
			},
		},
		"the opening of a stream": {
			Request{Method: "GET", Header: http.Header{HeaderVersion: {v11}, HeaderSession: {"s1"}}},
			[]string{`2025-11-25 to_target GET method "GET" args= id= session=s1`},
		},
		"the end of a session": {
			Request{Method: "DELETE", Header: http.Header{HeaderSession: {"s1"}}},
			[]string{`2025-03-26 to_target DELETE method "DELETE" args= id= session=s1`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := Parser{Target: "files"}
			x, bad := p.Parse(c.request)
			if bad != nil {
				t.Fatal(bad)
			}
			got := lines(x.Calls)
			for i := range got {
				if strings.Contains(c.want[min(i, len(c.want)-1)], "args=P") {
					before, rest, _ := strings.Cut(got[i], "args={")
					_, after, _ := strings.Cut(rest, " id=")
					got[i] = before + "args=P id=" + after
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for _, one := range x.Calls {
				if one.Protocol != call.MCP || one.Target != "files" {
					t.Errorf("protocol %q, target %q", one.Protocol, one.Target)
				}
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	const v11 = Version20251125
	echo := modern("tools/call", "echo", `"name":"echo"`)
	two := `[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]`
	for name, c := range map[string]struct {
		request Request
		status  int
		code    int
		id      string
	}{
		"what is no JSON":                           {post(`{"jsonrpc":`), 400, CodeParse, ""},
		"an empty body":                             {post(``), 400, CodeParse, ""},
		"two messages in a row":                     {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}{"jsonrpc":"2.0","id":2,"method":"ping"}`), 400, CodeParse, ""},
		"two methods":                               {post(`{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}`), 400, CodeParse, ""},
		"two methods in two cases":                  {post(`{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}`), 400, CodeParse, ""},
		"two names in two cases":                    {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","NAME":"b"}}`), 400, CodeParse, ""},
		"two equal arguments":                       {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":1,"x":2}}}`), 400, CodeParse, ""},
		"a string as body":                          {post(`"ping"`), 400, CodeInvalidRequest, ""},
		"another JSON-RPC":                          {post(`{"jsonrpc":"1.0","id":1,"method":"ping"}`), 400, CodeInvalidRequest, "1"},
		"no JSON-RPC":                               {post(`{"id":1,"method":"ping"}`), 400, CodeInvalidRequest, "1"},
		"a null id":                                 {post(`{"jsonrpc":"2.0","id":null,"method":"ping"}`), 400, CodeInvalidRequest, ""},
		"a fractional id":                           {post(`{"jsonrpc":"2.0","id":1.5,"method":"ping"}`), 400, CodeInvalidRequest, ""},
		"an id with an exponent":                    {post(`{"jsonrpc":"2.0","id":1e2,"method":"ping"}`), 400, CodeInvalidRequest, ""},
		"an id that floats cannot hold":             {post(`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`), 400, CodeInvalidRequest, ""},
		"an object as id":                           {post(`{"jsonrpc":"2.0","id":{},"method":"ping"}`), 400, CodeInvalidRequest, ""},
		"a number as method":                        {post(`{"jsonrpc":"2.0","id":1,"method":7}`), 400, CodeInvalidRequest, "1"},
		"an empty method":                           {post(`{"jsonrpc":"2.0","id":1,"method":""}`), 400, CodeInvalidRequest, "1"},
		"a method that ends in NUL":                 {post(`{"jsonrpc":"2.0","id":1,"method":"ping\u0000"}`), 400, CodeInvalidRequest, "1"},
		"neither method nor result":                 {post(`{"jsonrpc":"2.0","id":1}`), 400, CodeInvalidRequest, "1"},
		"a method and a result":                     {post(`{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}`), 400, CodeInvalidRequest, "1"},
		"a result and an error":                     {post(`{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"x"}}`), 400, CodeInvalidRequest, "1"},
		"a result without an id":                    {post(`{"jsonrpc":"2.0","result":{}}`), 400, CodeInvalidRequest, ""},
		"an error without an id":                    {post(`{"jsonrpc":"2.0","error":{"code":1,"message":"x"}}`), 400, CodeInvalidRequest, ""},
		"a response with params":                    {post(`{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`), 400, CodeInvalidRequest, "1"},
		"params in an array":                        {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":["a"]}`), 400, CodeInvalidRequest, "1"},
		"a tool call without a name":                {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}`), 400, CodeInvalidParams, "1"},
		"a tool call with an empty name":            {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":""}}`), 400, CodeInvalidParams, "1"},
		"a tool name with a line feed":              {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a\nb"}}`), 400, CodeInvalidParams, "1"},
		"a tool name that is too long":              {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + strings.Repeat("a", maxName+1) + `"}}`), 400, CodeInvalidParams, "1"},
		"arguments in an array":                     {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":[]}}`), 400, CodeInvalidParams, "1"},
		"a resource without a URI":                  {post(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"name":"a"}}`), 400, CodeInvalidParams, "1"},
		"a task without an id":                      {post(`{"jsonrpc":"2.0","id":1,"method":"tasks/get"}`), 400, CodeInvalidParams, "1"},
		"a completion of something else":            {post(`{"jsonrpc":"2.0","id":1,"method":"completion/complete","params":{"ref":{"type":"ref/tool","name":"a"}}}`), 400, CodeInvalidParams, "1"},
		"a subscription that is no more":            {modern("resources/subscribe", "", `"x":1`), 404, CodeMethodNotFound, "1"},
		"a subscription to a task that is a number": {modern("subscriptions/listen", "", `"notifications":{"taskIds":[7]}`), 400, CodeInvalidParams, "1"},
		"a subscription to a number":                {modern("subscriptions/listen", "", `"notifications":{"resourceSubscriptions":[7]}`), 400, CodeInvalidParams, "1"},
		"an empty batch":                            {post(`[]`), 400, CodeInvalidRequest, ""},
		"a batch of numbers":                        {post(`[1]`), 400, CodeInvalidRequest, ""},
		"a batch in 2025-06-18":                     {post(two, HeaderVersion, Version20250618), 400, CodeInvalidRequest, ""},
		"a batch in 2025-11-25":                     {post(two, HeaderVersion, v11), 400, CodeInvalidRequest, ""},
		"a batch in 2026-07-28":                     {post(two, HeaderVersion, Version20260728), 400, CodeInvalidRequest, ""},
		"a batch with one id twice":                 {post(`[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":"\u0061","method":"ping"}]`), 400, CodeInvalidRequest, `"\u0061"`},
		"a batch of too many":                       {post("[" + strings.Repeat(`{"jsonrpc":"2.0","method":"a"},`, 64) + `{"jsonrpc":"2.0","method":"a"}]`), 400, CodeInvalidRequest, ""},
		"a handshake in a batch":                    {post(`[{"jsonrpc":"2.0","id":1,"method":"initialize"}]`), 400, CodeInvalidRequest, "1"},
		"another media type":                        {with(post(`{}`), "Content-Type", "text/plain"), 415, CodeInvalidRequest, ""},
		"no media type":                             {with(post(`{}`), "Content-Type"), 415, CodeInvalidRequest, ""},
		"two media types":                           {with(post(`{}`), "Content-Type", "application/json", "application/json"), 415, CodeInvalidRequest, ""},
		"another character set":                     {with(post(`{}`), "Content-Type", "application/json; charset=utf-16"), 415, CodeInvalidRequest, ""},
		"a compressed body":                         {with(post(`{}`), "Content-Encoding", "gzip"), 415, CodeInvalidRequest, ""},
		"PUT":                                       {Request{Method: "PUT"}, 405, CodeInvalidRequest, ""},
		"a GET in 2026-07-28":                       {Request{Method: "GET", Header: http.Header{HeaderVersion: {Version20260728}}}, 405, CodeInvalidRequest, ""},
		"a DELETE in 2026-07-28":                    {Request{Method: "DELETE", Header: http.Header{HeaderVersion: {Version20260728}}}, 405, CodeInvalidRequest, ""},
		"a GET with a body":                         {Request{Method: "GET", Body: []byte("{}")}, 400, CodeInvalidRequest, ""},
		"a DELETE of no session":                    {Request{Method: "DELETE"}, 400, CodeInvalidRequest, ""},
		"a session with a space":                    {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderSession, "a b"), 400, CodeInvalidRequest, "1"},
		"two sessions":                              {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderSession, "a", HeaderSession, "b"), 400, CodeHeaderMismatch, "1"},
		"an unknown version":                        {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderVersion, "2024-11-05"), 400, CodeUnsupportedVersion, "1"},
		"an empty version":                          {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderVersion, ""), 400, CodeUnsupportedVersion, "1"},
		"two versions":                              {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderVersion, v11, HeaderVersion, v11), 400, CodeHeaderMismatch, "1"},
		"a stateless request whose body is older":   {with(echo, HeaderVersion, v11), 400, CodeHeaderMismatch, "1"},
		"a stateless request without the header":    {with(echo, HeaderVersion), 400, CodeHeaderMismatch, "1"},
		"a stateless request without the version":   {post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`, HeaderVersion, Version20260728, HeaderMethod, "ping"), 400, CodeInvalidParams, "1"},
		"a version that is a number":                {post(`{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":1}}}`), 400, CodeInvalidParams, "1"},
		"no Mcp-Method":                             {with(echo, HeaderMethod), 400, CodeHeaderMismatch, "1"},
		"another Mcp-Method":                        {with(echo, HeaderMethod, "tools/list"), 400, CodeHeaderMismatch, "1"},
		"Mcp-Method in another case":                {with(echo, HeaderMethod, "Tools/call"), 400, CodeHeaderMismatch, "1"},
		"two Mcp-Methods":                           {with(echo, HeaderMethod, "tools/call", "tools/call"), 400, CodeHeaderMismatch, "1"},
		"no Mcp-Name":                               {with(echo, HeaderName), 400, CodeHeaderMismatch, "1"},
		"another Mcp-Name":                          {with(echo, HeaderName, "safe"), 400, CodeHeaderMismatch, "1"},
		"another Mcp-Name in Base64":                {with(echo, HeaderName, "=?base64?c2FmZQ==?="), 400, CodeHeaderMismatch, "1"},
		"an Mcp-Name of broken Base64":              {with(echo, HeaderName, "=?base64?!!?="), 400, CodeHeaderMismatch, "1"},
		"an Mcp-Name beyond ASCII":                  {with(modern("tools/call", "x", `"name":"é"`), HeaderName, "é"), 400, CodeHeaderMismatch, "1"},
		"a lie of a header in an older revision":    {post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`, HeaderVersion, v11, HeaderName, "b"), 400, CodeHeaderMismatch, "1"},
		"a stateless response":                      {post(`{"jsonrpc":"2.0","id":1,"result":{}}`, HeaderVersion, Version20260728), 400, CodeInvalidRequest, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			_, bad := (&Parser{}).Parse(c.request)
			if bad == nil {
				t.Fatal("accepted")
			}
			if bad.Status != c.status || bad.Code != c.code || string(bad.ID) != c.id {
				t.Errorf("%d %d id=%s (%v), want %d %d id=%s", bad.Status, bad.Code, bad.ID, bad, c.status, c.code, c.id)
			}
			if (bad.Allow != "") != (c.status == 405) {
				t.Errorf("Allow: %q", bad.Allow)
			}
		})
	}
	// The control: what the forgeries above were made of is accepted.
	for _, r := range []Request{echo, post(two)} {
		if _, bad := (&Parser{}).Parse(r); bad != nil {
			t.Errorf("control: %v", bad)
		}
	}
}

func TestVersionsThatATargetDoesNotServe(t *testing.T) {
	p := Parser{Versions: []string{Version20250618, Version20251125}}
	_, bad := p.Parse(modern("tools/call", "echo", `"name":"echo"`))
	if bad == nil {
		t.Fatal("accepted")
	}
	want := `{"jsonrpc":"2.0","id":1,"error":{"code":-32022,"message":"the protocol version \"2026-07-28\" is not supported",` +
		`"data":{"supported":["2025-06-18","2025-11-25"],"requested":"2026-07-28"}}}`
	if got := string(bad.Body()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, bad := p.Parse(post(`{"jsonrpc":"2.0","id":1,"method":"ping"}`)); bad == nil || bad.Code != CodeUnsupportedVersion {
		t.Errorf("a request without a version is of 2025-03-26: %v", bad)
	}
	// Before a version is agreed on there is no header.
	x, bad := p.Parse(post(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}`))
	if bad != nil || x.Version != Version20251125 {
		t.Errorf("the handshake: %+v, %v", x, bad)
	}
}

func TestResponsesOfAClient(t *testing.T) {
	p := Parser{}
	x, bad := p.Parse(post(`[{"jsonrpc":"2.0","id":7,"result":{"roots":[]}},{"jsonrpc":"2.0","id":"e","error":{"code":-1,"message":"no"}}]`))
	if bad != nil {
		t.Fatal(bad)
	}
	if len(x.Calls) != 0 || len(x.Responses) != 2 {
		t.Fatalf("%d calls, %d responses", len(x.Calls), len(x.Responses))
	}
	if r := x.Responses[0]; string(r.ID) != "7" || string(r.Result) != `{"roots":[]}` || r.Failure != nil {
		t.Errorf("result: %s %s %s", r.ID, r.Result, r.Failure)
	}
	if r := x.Responses[1]; string(r.ID) != `"e"` || r.Result != nil || string(r.Failure) != `{"code":-1,"message":"no"}` {
		t.Errorf("error: %s %s %s", r.ID, r.Result, r.Failure)
	}
}

func TestLimitsOfABody(t *testing.T) {
	p := Parser{Limits: jsonscan.Limits{Depth: 3}, MaxBatch: 1}
	if _, bad := p.Parse(post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"a":{}}}}`)); bad == nil || bad.Code != CodeParse {
		t.Errorf("depth: %v", bad)
	}
	if _, bad := p.Parse(post(`[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","method":"a"}]`)); bad == nil || bad.Code != CodeInvalidRequest {
		t.Errorf("batch: %v", bad)
	}
}
