package rpc

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// sorts is testdata/sorts.proto, compiled.
//
//go:embed testdata/sorts.binpb
var sorts []byte

func described(t testing.TB) *Descriptors {
	t.Helper()
	d, err := NewDescriptors(sorts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// wire gives the message that protojson reads of a text.
func wire(t testing.TB, d *Descriptors, text string) []byte {
	t.Helper()
	m := dynamicpb.NewMessage(d.methods["sorts.v1.Sorts/One"].input)
	if err := (protojson.UnmarshalOptions{Resolver: d.types}).Unmarshal([]byte(text), m); err != nil {
		t.Fatal(err)
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const defaults = `"text":"","big":0,"huge":0,"small":0,"zig":0,"count":0,"yes":false,"real":0,"single":0,"raw":"","color":"COLOR_UNSPECIFIED","numbers":[],"words":[],"byName":{},"byNumber":{},"inners":[],"fixed":0,"signed":0,"byFixed":{},"byBool":{},"colors":[]`

func TestMessagesAsArguments(t *testing.T) {
	d := described(t)
	for text, want := range map[string]string{
		`{}`:                                              `{}`,
		`{"text":"a\"b\u0001ü"}`:                          `{"text":"a\"b\u0001ü"}`,
		`{"big":"9007199254740993"}`:                      `{"big":9007199254740993}`,
		`{"huge":"18446744073709551615"}`:                 `{"huge":18446744073709551615}`,
		`{"small":-1,"zig":-2,"count":3}`:                 `{"small":-1,"zig":-2,"count":3}`,
		`{"yes":true,"real":0.5,"single":2}`:              `{"yes":true,"real":0.5,"single":2}`,
		`{"real":"NaN","single":"-Infinity"}`:             `{"real":"NaN","single":"-Infinity"}`,
		`{"raw":"AAEC"}`:                                  `{"raw":"AAEC"}`,
		`{"color":"COLOR_BLUE","colors":["COLOR_RED",0]}`: `{"color":"COLOR_BLUE","colors":["COLOR_RED","COLOR_UNSPECIFIED"]}`,
		`{"maybe":0}`:                                     `{"maybe":0}`,
		`{"numbers":[1,-2],"words":["a"]}`:                `{"numbers":[1,-2],"words":["a"]}`,
		`{"byName":{"a":"1","b":"2"}}`:                    `{"byName":{"a":1,"b":2}}`,
		`{"byFixed":{"0":true,"7":false}}`:                `{"byFixed":{"0":true,"7":false}}`,
		`{"byBool":{"true":"t","false":"f"}}`:             `{"byBool":{"true":"t","false":"f"}}`,
		`{"card":"1"}`:                                    `{"card":"1"}`,
		`{"at":"2026-01-02T03:04:05Z"}`:                   `{"at":"2026-01-02T03:04:05Z"}`,
		`{"within":"1.5s"}`:                               `{"within":"1.500s"}`,
		`{"mask":"a,bC"}`:                                 `{"mask":"a,bC"}`,
		`{"open":{"a":[1,null,{"b":true}]}}`:              `{"open":{"a":[1,null,{"b":true}]}}`,
		`{"value":"x"}`:                                   `{"value":"x"}`,
		`{"boxed":"9007199254740993"}`:                    `{"boxed":9007199254740993}`,
		`{"called":"x"}`:                                  `{"called":"x"}`,
		`{"inner":{"text":"x"}}`:                          `{"inner":{"text":"x"}}`,
		`{"any":{"@type":"type.googleapis.com/sorts.v1.Sort","text":"x"}}`:                                 `{"any":{"@type":"type.googleapis.com/sorts.v1.Sort","text":"x"}}`,
		`{"any":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"2026-01-02T03:04:05Z"}}`: `{"any":{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"2026-01-02T03:04:05Z"}}`,
	} {
		t.Run(text, func(t *testing.T) {
			got, err := d.Procedure("sorts.v1.Sorts/One").Arguments(wire(t, d, text), 10)
			if err != nil {
				t.Fatal(err)
			}
			if !equal(t, got, want) {
				t.Errorf("gives %s", got)
			}
		})
	}
	got, err := d.Procedure("sorts.v1.Sorts/Text").Arguments(protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "x"), 10)
	if err != nil || string(got) != `{"value":"x"}` {
		t.Errorf("a message that is no object in JSON gives %s, %v", got, err)
	}
}

// equal compares JSON with one that has the defaults of Sort wherever there is one.
func equal(t *testing.T, got []byte, want string) bool {
	t.Helper()
	var a, b any
	filled := strings.Replace(want, "{", "{"+defaults+",", 1)
	filled = strings.Replace(strings.Replace(filled, ",}", "}", 1), `"inner":{`, `"inner":{`+defaults+",", 1)
	filled = strings.Replace(filled, `"any":{"@type":"type.googleapis.com/sorts.v1.Sort"`, `"any":{"@type":"type.googleapis.com/sorts.v1.Sort",`+defaults, 1)
	for _, one := range []struct {
		text []byte
		to   *any
	}{{got, &a}, {[]byte(filled), &b}} {
		decoder := json.NewDecoder(bytes.NewReader(one.text))
		decoder.UseNumber()
		if err := decoder.Decode(one.to); err != nil {
			t.Fatalf("%v in %s", err, one.text)
		}
	}
	return fmt.Sprint(a) == fmt.Sprint(b)
}

// Each message is one that some decoders read differently, or that the descriptors do not know.
func TestMessagesThatDecodersReadDifferentlyAreRefused(t *testing.T) {
	d := described(t)
	varint := func(n protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
	}
	text := func(n protowire.Number, v string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, n, protowire.BytesType), v)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	deep := []byte(nil)
	for range 12 {
		deep = text(17, string(deep))
	}
	for name, message := range map[string][]byte{
		"a field that is not described":         varint(99, 1),
		"the same inside another message":       text(17, string(varint(99, 1))),
		"the same in a list":                    text(18, string(varint(99, 1))),
		"the same in a map":                     text(16, string(join(varint(1, 1), text(2, string(varint(99, 1)))))),
		"a number twice":                        join(varint(2, 1), varint(2, 2)),
		"a text twice":                          join(text(1, "a"), text(1, "b")),
		"a message twice":                       join(text(17, ""), text(17, "")),
		"two of a oneof":                        join(text(19, "a"), text(20, "")),
		"a map's key twice":                     join(text(15, string(join(text(1, "a"), varint(2, 1)))), text(15, string(join(text(1, "a"), varint(2, 2))))),
		"a map's key twice, once left out":      join(text(15, string(varint(2, 1))), text(15, string(join(text(1, ""), varint(2, 2))))),
		"a number's key twice, once left out":   join(text(16, ""), text(16, string(varint(1, 0)))),
		"a fixed key twice, once left out":      join(text(29, ""), text(29, string(protowire.AppendFixed32(protowire.AppendTag(nil, 1, protowire.Fixed32Type), 0)))),
		"a boolean's key twice, once left out":  join(text(30, ""), text(30, string(varint(1, 0)))),
		"an entry with two values":              text(15, string(join(text(1, "a"), varint(2, 1), varint(2, 2)))),
		"a boolean that is 2":                   varint(7, 2),
		"a number that is too large":            varint(4, 1<<40),
		"an unsigned one that is too large":     varint(6, 1<<33),
		"a zigzag one that is too large":        varint(5, 1<<33),
		"a number that is too large in a list":  text(13, string(protowire.AppendVarint(nil, 1<<40))),
		"an enum's number that is not known":    varint(11, 7),
		"an enum's number that is too large":    varint(11, 1<<33),
		"another wire type":                     text(2, "a"),
		"a text as a number":                    varint(1, 1),
		"a packed list of texts":                varint(14, 1),
		"a group for a message":                 join(protowire.AppendTag(nil, 17, protowire.StartGroupType), protowire.AppendTag(nil, 17, protowire.EndGroupType)),
		"a text that is not UTF-8":              text(1, "\xff"),
		"a tag of six bytes":                    {0x90, 0x80, 0x80, 0x80, 0x80, 0x00, 0x01},
		"a length of six bytes":                 {0x0a, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, 'a'},
		"a field zero":                          {0x00, 0x00},
		"a message that is cut off":             text(1, "abc")[:3],
		"a run of numbers that is cut off":      {0x6a, 0x01, 0x80},
		"messages too deep":                     deep,
		"an Any of a type that is not there":    text(25, string(text(1, "type.googleapis.com/none.v1.None"))),
		"an Any whose message is not described": text(25, string(join(text(1, "type.googleapis.com/sorts.v1.Sort"), text(2, string(varint(99, 1)))))),
		"an Any with a field twice":             text(25, string(join(text(1, "type.googleapis.com/sorts.v1.Sort"), text(2, string(join(varint(2, 1), varint(2, 2))))))),
		"a time that is none":                   text(21, string(varint(1, 1<<60))),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := d.Procedure("sorts.v1.Sorts/One").Arguments(message, 10)
			if err == nil {
				t.Errorf("gives %s", got)
			}
		})
	}
	control := join(varint(2, 1), text(1, "a"), text(17, string(varint(2, 2))), text(13, "\x01\x02"), varint(13, 3), text(15, string(join(text(1, "a"), varint(2, 1)))))
	if got, err := d.Procedure("sorts.v1.Sorts/One").Arguments(control, 10); err != nil || !strings.Contains(string(got), `"numbers":[1,2,3]`) {
		t.Errorf("the control gives %s, %v", got, err)
	}
}

func TestDescriptorsThatCannotBeUsed(t *testing.T) {
	for name, set := range map[string][]byte{
		"nothing":                    nil,
		"no descriptor set":          []byte("syntax"),
		"imports that are not there": withoutImports(t),
		"too large":                  make([]byte, MaxDescriptors+1),
	} {
		if _, err := NewDescriptors(set); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	d := described(t)
	if !d.Has("sorts.v1.Sorts") || d.Has("sorts.v1.Sort") || d.Has("other") || d.Procedure("sorts.v1.Sorts/None") != nil || !d.Procedure("sorts.v1.Sorts/Many").Streams {
		t.Error("what is described is told wrongly")
	}
}

// withoutImports is the descriptor set with its last file alone.
func withoutImports(t *testing.T) []byte {
	t.Helper()
	var last []byte
	for b := sorts; len(b) > 0; {
		_, _, n := protowire.ConsumeTag(b)
		file, m := protowire.ConsumeBytes(b[n:])
		last, b = file, b[n+m:]
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), last)
}

// What is taken, protojson reads as the same, and it is JSON that can be decided on.
func FuzzArguments(f *testing.F) {
	d := described(f)
	for _, text := range []string{
		`{}`, `{"text":"a","big":"5","numbers":[1,2],"byName":{"a":"1"},"inner":{"yes":true}}`, `{"any":{"@type":"x/sorts.v1.Sort","text":"x"}}`,
		`{"open":{"a":[1,null]},"at":"2026-01-02T03:04:05Z","cash":{"card":"x"},"color":"COLOR_BLUE","real":"NaN"}`,
	} {
		f.Add(wire(f, d, text))
	}
	one := d.Procedure("sorts.v1.Sorts/One")
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := one.Arguments(message, 20)
		if err != nil {
			return
		}
		if _, err := jsonscan.Validate(got, jsonscan.Limits{Size: len(got), Depth: jsonscan.MaxDepth}); err != nil {
			// Keys of maps are the caller's: those with U+0000 are refused where they are decided on.
			if !bytes.Contains(got, []byte(`\u0000`)) {
				t.Fatalf("%v in %s", err, got)
			}
		}
		want := dynamicpb.NewMessage(one.input)
		if err := (proto.UnmarshalOptions{Resolver: d.types}).Unmarshal(message, want); err != nil {
			t.Fatalf("another decoder does not take it: %v", err)
		}
		back := dynamicpb.NewMessage(one.input)
		if err := (protojson.UnmarshalOptions{Resolver: d.types}).Unmarshal(got, back); err != nil {
			t.Fatalf("protojson does not read %s: %v", got, err)
		}
		if !same(t, want, back, d) {
			t.Fatalf("%s is another message than % x", got, message)
		}
	})
}

// same compares messages by the JSON that protojson makes of them, without the white space that it varies.
func same(t *testing.T, a, b protoreflect.ProtoMessage, d *Descriptors) bool {
	t.Helper()
	texts := make([]string, 2)
	for i, m := range []protoreflect.ProtoMessage{a, b} {
		text, err := protojson.MarshalOptions{Resolver: d.types}.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			t.Fatal(err)
		}
		texts[i] = regexp.MustCompile(`-0\b`).ReplaceAllString(compact.String(), "0")
	}
	return texts[0] == texts[1]
}
