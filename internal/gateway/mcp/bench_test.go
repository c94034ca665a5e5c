package mcp

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// argumentsOf is a JSON object of about size bytes.
func argumentsOf(size int) string {
	var b strings.Builder
	b.WriteString(`{"rows":[`)
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"text":"%s","ok":true}`, i, strings.Repeat("a line of prose, ", 8))
	}
	return b.String() + "]}"
}

func BenchmarkParse(b *testing.B) {
	for _, kib := range []int{1, 64} {
		b.Run(fmt.Sprintf("tools-call/%dKiB", kib), func(b *testing.B) {
			r := modern("tools/call", "create", `"name":"create","arguments":`+argumentsOf(kib<<10))
			p := Parser{Target: "files"}
			b.SetBytes(int64(len(r.Body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, bad := p.Parse(r); bad != nil {
					b.Fatal(bad)
				}
			}
		})
	}
}

func BenchmarkRelay(b *testing.B) {
	const event = "event: message\nid: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}\n\n"
	stream := strings.Repeat(event, 100)
	p, x := Parser{}, &Exchange{Version: Version20251125}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		err := Relay(io.Discard, NewEvents(strings.NewReader(stream), 0), func(e Event) ([]byte, error) {
			if _, bad := p.ParseAnswer(x, e.Data); bad != nil {
				return nil, bad
			}
			return e.Data, nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRewrite(b *testing.B) {
	var tools []string
	for i := range 100 {
		tools = append(tools, fmt.Sprintf(`{"name":"tool%d","description":%q,"inputSchema":{"type":"object","properties":{"a":{"type":"string"}}}}`,
			i, strings.Repeat("what it does. ", 20)))
	}
	data := []byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[` + strings.Join(tools, ",") + `]}}`)
	p, x := Parser{}, asked("tools/list")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		a, bad := p.ParseAnswer(x, data)
		if bad != nil {
			b.Fatal(bad)
		}
		if _, bad := a.Rewrite(unless("tool7", "tool50"), nil); bad != nil {
			b.Fatal(bad)
		}
	}
}
