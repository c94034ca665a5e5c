package jsonscan

import (
	"bytes"
	stdjson "encoding/json"
	"strconv"
	"strings"
	"testing"
)

// toolsCall is a tools/call of about size bytes, with arguments as agents send them: some text, some records, some numbers.
func toolsCall(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"create_issue","arguments":{"title":"Disk is full","rows":[`)
	for i := 0; b.Len() < size-200; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"id":` + strconv.Itoa(i) + `,"text":"` + strings.Repeat("a line of prose, ", 8) + `\n","score":0.75,"ok":true}`)
	}
	b.WriteString(`]},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}`)
	return b.Bytes()
}

func BenchmarkScan(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		doc := toolsCall(size)
		values := make([]Value, rpc.Len())
		b.Run("ours/"+strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := rpc.Scan(doc, Limits{}, values); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encoding-json-valid/"+strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if !stdjson.Valid(doc) {
					b.Fatal("not valid")
				}
			}
		})
	}
}

var poolForgets bool

func TestScanDoesNotAllocate(t *testing.T) {
	if poolForgets {
		t.Skip("the race detector makes a sync.Pool forget")
	}
	for _, size := range []int{1 << 10, 64 << 10} {
		doc := toolsCall(size)
		values := make([]Value, rpc.Len())
		if n := testing.AllocsPerRun(100, func() {
			if _, err := rpc.Scan(doc, Limits{}, values); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d bytes take %v allocations", len(doc), n)
		}
	}
}
