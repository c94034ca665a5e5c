package jsonscan

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var rpc = MustShape("/jsonrpc", "/id", "/method", "/params", "/params/name", "/params/arguments",
	"/params/_meta/io.modelcontextprotocol~1protocolVersion")

func TestScanRefusesWhatParsersReadDifferently(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for name, c := range map[string]struct {
		doc    string
		reason Reason
		offset int
	}{
		"nothing":                               {"", Truncated, 0},
		"white space only":                      {" \n", Truncated, 2},
		"a byte order mark":                     {"\ufeff{}", Syntax, 0},
		"a second value":                        {`{} {}`, Trailing, 3},
		"trailing NUL":                          {"{}\x00", Trailing, 2},
		"a comma at the end of an object":       {`{"a":1,}`, Syntax, 7},
		"a comma at the end of an array":        {`[1,]`, Syntax, 3},
		"a comment":                             {`{/**/}`, Syntax, 1},
		"single quotes":                         {`{'a':1}`, Syntax, 1},
		"a bare key":                            {`{a:1}`, Syntax, 1},
		"NaN":                                   {`[NaN]`, Syntax, 1},
		"Infinity":                              {`[-Infinity]`, Syntax, 2},
		"an upper case literal":                 {`[True]`, Syntax, 1},
		"half a literal":                        {`[tru]`, Syntax, 4},
		"a leading zero":                        {`[01]`, Syntax, 2},
		"a leading plus":                        {`[+1]`, Syntax, 1},
		"a number that ends in its point":       {`[1.]`, Syntax, 3},
		"a number that starts with its point":   {`[.1]`, Syntax, 1},
		"an exponent without digits":            {`[1e+]`, Syntax, 4},
		"a hexadecimal number":                  {`[0x10]`, Syntax, 2},
		"a number beyond float64":               {`[1e400]`, Number, 1},
		"a negative number beyond float64":      {`[-1E+309]`, Number, 1},
		"digits beyond float64":                 {"[" + strings.Repeat("9", 310) + "]", Number, 1},
		"a number too long":                     {"[0." + strings.Repeat("1", 600) + "]", Number, 1},
		"a line feed in a string":               {"[\"a\nb\"]", Syntax, 3},
		"a control character late in a string":  {`["0123456789` + "\x1f" + `"]`, Syntax, 12},
		"an unknown escape":                     {`["\x41"]`, Syntax, 2},
		"an escape cut short":                   {`["\u12"]`, Syntax, 2},
		"a lone high surrogate":                 {`["\ud800"]`, Surrogate, 2},
		"a lone low surrogate":                  {`["\udc00"]`, Surrogate, 2},
		"two high surrogates":                   {`["\ud800\ud800"]`, Surrogate, 2},
		"a broken UTF-8 sequence":               {"[\"\xff\"]", Encoding, 2},
		"an overlong UTF-8 sequence":            {"[\"\xc0\xaf\"]", Encoding, 2},
		"a surrogate in UTF-8":                  {"[\"\xed\xa0\x80\"]", Encoding, 2},
		"a string cut short":                    {`["abc`, Truncated, 5},
		"an escape at the end":                  {`["abc\`, Truncated, 5},
		"an object cut short":                   {`{"a":1`, Truncated, 6},
		"a key twice":                           {`{"a":1,"b":2,"a":3}`, DuplicateKey, 13},
		"a key twice, once escaped":             {`{"a":1,"\u0061":2}`, DuplicateKey, 7},
		"a key twice, both escaped":             {`{"\u006d":1,"\u006D":2}`, DuplicateKey, 12},
		"a key twice, as a surrogate pair":      {`{"😀":1,"\ud83d\ude00":2}`, DuplicateKey, 10},
		"an empty key twice":                    {`{"":1,"":2}`, DuplicateKey, 6},
		"a key twice deep in the arguments":     {`{"params":{"arguments":{"x":[{"to":1,"to":2}]}}}`, DuplicateKey, 37},
		"a key twice in a large object":         {`{` + members(40) + `,"k7":0}`, DuplicateKey, 311},
		"an escaped key twice in a large one":   {`{` + members(40) + `,"\u006b7":0}`, DuplicateKey, 311},
		"U+0000 in a key":                       {`{"method\u0000":1}`, NULKey, 1},
		"U+0000 in a nested key":                {`{"params":{"x":{"\u0000":1}}}`, NULKey, 16},
		"a known key in upper case":             {`{"Method":"x"}`, FoldedKey, 1},
		"a known key in both cases":             {`{"method":"tools/list","METHOD":"tools/call"}`, FoldedKey, 23},
		"a known key with the long s":           {`{"param\u017f":{}}`, FoldedKey, 1},
		"a known key with the long s, written":  {`{"paramſ":{}}`, FoldedKey, 1},
		"a known key with the dotless i":        {`{"ıd":1}`, FoldedKey, 1},
		"a known key with the dotted I":         {`{"İd":1}`, FoldedKey, 1},
		"a known key escaped and in upper case": {`{"\u004dethod":"x"}`, FoldedKey, 1},
		"a known key below in upper case":       {`{"params":{"Name":"x"}}`, FoldedKey, 11},
		"a known key two below":                 {`{"params":{"_meta":{"io.modelcontextprotocol/protocolversion":"x"}}}`, FoldedKey, 20},
		"too deep":                              {deep, TooDeep, 128},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rpc.Scan([]byte(c.doc), Limits{}, make([]Value, rpc.Len()))
			var refused *Error
			if !errors.As(err, &refused) {
				t.Fatalf("accepted")
			}
			if refused.Reason != c.reason || refused.Offset != c.offset {
				t.Errorf("%v, want %v at byte %d", refused, c.reason, c.offset)
			}
		})
	}
}

// members is n members "k0":0 and so on.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"k` + strconv.Itoa(i) + `":0`)
	}
	return b.String()
}

func TestScanAcceptsJSON(t *testing.T) {
	for name, doc := range map[string]string{
		"an empty object":         `{}`,
		"white space everywhere":  " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n",
		"a bare literal":          `null`,
		"a bare number":           `-0`,
		"numbers":                 `[0,-0,1.5,-2e3,1E-400,1e308,12345678901234567890]`,
		"escapes":                 `["\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"]`,
		"U+0000 in a value":       `["\u0000"]`,
		"the largest code point":  "[\"\U0010ffff\"]",
		"one name in two objects": `{"a":{"a":{"a":1}},"b":{"a":1}}`,
		"keys that differ in case, none of them ours": `{"arguments":{"x":1,"X":2}}`,
		"our names in other cases elsewhere":          `{"params":{"arguments":{"Name":1,"METHOD":2}}}`,
		"an object with many members":                 `{` + members(1000) + `}`,
		"as deep as allowed":                          strings.Repeat("[", 128) + strings.Repeat("]", 128),
	} {
		t.Run(name, func(t *testing.T) {
			v, err := rpc.Scan([]byte(doc), Limits{}, make([]Value, rpc.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.TrimSpace(doc); string(v.Raw) != want || doc[v.Offset:v.Offset+len(want)] != want {
				t.Errorf("value %s at %d", v.Raw, v.Offset)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		doc    string
		limits Limits
		reason Reason // "" for none
	}{
		"as large as allowed":          {`{"a":1}`, Limits{Size: 7}, ""},
		"one byte too large":           {`{"a":1} `, Limits{Size: 7}, TooLarge},
		"as deep as allowed":           {`{"a":[]}`, Limits{Depth: 2}, ""},
		"one too deep":                 {`{"a":[{}]}`, Limits{Depth: 2}, TooDeep},
		"as many members as allowed":   {`{"a":{"b":1},"c":{"d":1}}`, Limits{Members: 3}, ""},
		"one open member too many":     {`{"a":{"b":1},"c":{"d":1,"e":1}}`, Limits{Members: 3}, TooMany},
		"a depth beyond any is capped": {strings.Repeat("[", 1001) + strings.Repeat("]", 1001), Limits{Depth: 1 << 30}, TooDeep},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Validate([]byte(c.doc), c.limits)
			var refused *Error
			if errors.As(err, &refused) != (c.reason != "") || c.reason != "" && refused.Reason != c.reason {
				t.Errorf("error %v, want %q", err, c.reason)
			}
		})
	}
}

func TestScanGivesTheNamedMembers(t *testing.T) {
	doc := `{"jsonrpc":"2.0","id":7,"method":"tools\/call",
		"params":{"other":{"name":"not this"},"n\u0061me":"deploy","arguments": {"x":[1]} ,
		"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}},"extra":{"method":"nor this"}}`
	values := make([]Value, rpc.Len())
	if _, err := rpc.Scan([]byte(doc), Limits{}, values); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`"2.0"`, `7`, `"tools\/call"`, "", `"deploy"`, `{"x":[1]}`, `"2026-07-28"`} {
		v := values[i]
		if want != "" && string(v.Raw) != want {
			t.Errorf("value %d is %s, want %s", i, v.Raw, want)
		}
		if string(v.Raw) != doc[v.Offset:v.Offset+len(v.Raw)] {
			t.Errorf("value %d is not where its offset says", i)
		}
	}
	if text, ok := values[2].Text(); !ok || text != "tools/call" {
		t.Errorf("method is %q", text)
	}
	if _, ok := values[1].Text(); ok {
		t.Error("a number has text")
	}

	// What a former document left behind is no value of this one, and a path through what is no object finds nothing.
	if _, err := rpc.Scan([]byte(`{"id":"a","params":[{"name":"x"}]}`), Limits{}, values); err != nil {
		t.Fatal(err)
	}
	if values[2].Kind() != Absent || values[4].Kind() != Absent || values[3].Kind() != Array || values[1].Kind() != String {
		t.Errorf("kinds %d %d %d %d", values[2].Kind(), values[4].Kind(), values[3].Kind(), values[1].Kind())
	}
}

func TestElementsAndMembers(t *testing.T) {
	v, err := Validate([]byte(` { "a" : [ 1 , "]," , { "}" : [ ] } , null,true ] , "b\"" : -1.5 } `), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for key, value := range v.Members() {
		name, _ := key.Text()
		got = append(got, name, string(value.Raw))
		for e := range value.Elements() {
			got = append(got, string(e.Raw))
		}
	}
	want := []string{"a", `[ 1 , "]," , { "}" : [ ] } , null,true ]`, "1", `"],"`, `{ "}" : [ ] }`, "null", "true", `b"`, "-1.5"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for range v.Elements() {
		t.Error("an object has elements")
	}
	for range (Value{}).Members() {
		t.Error("an absent value has members")
	}
}

func TestShapesThatNoProgramShouldHold(t *testing.T) {
	for name, pointers := range map[string][]string{
		"no pointer":        {"method"},
		"given twice":       {"/a", "/a"},
		"not only of ASCII": {"/ä"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			MustShape(pointers...)
		})
	}
}

// Scanners are reused. Documents that are read at once, or after one that was refused half way, do not see each other's keys.
func TestScansDoNotSeeEachOther(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				values := make([]Value, rpc.Len())
				if _, err := rpc.Scan([]byte(`{"a":{"b":{"id":`), Limits{}, values); err == nil {
					t.Error("half a document was accepted")
				}
				doc := fmt.Sprintf(`{"id":%d,"a":{"b":{"c%d":1}}}`, i, i)
				if _, err := rpc.Scan([]byte(doc), Limits{}, values); err != nil || string(values[1].Raw) != strconv.Itoa(i) {
					t.Errorf("%s: id %s, %v", doc, values[1].Raw, err)
				}
			}
		})
	}
	all.Wait()
}

func TestFolds(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"amount", "amount", true},
		{"amount", "Amount", true},
		{"amount", "amounts", false},
		{"amount", "amoun", false},
		{"", "", true},
		{"", "a", false},
		{"kind", "\u212aIND", true},
		{"ssn", "\u017f\u017fn", true},
		{"id", "\u0131d", true},
		{"id", "\u0130D", true},
		{"größe", "GRÖßE", true},
		{"größe", "gr\u00d6\u1e9ee", true},
		{"größe", "grosse", false},
		{"\u03c3", "\u03c2", true},
		{"a_b", "ab", false},
		{"[", "{", false},
	} {
		if Folds(c.a, c.b) != c.want || Folds(c.b, c.a) != c.want {
			t.Errorf("%q and %q: want %v", c.a, c.b, c.want)
		}
	}
}
