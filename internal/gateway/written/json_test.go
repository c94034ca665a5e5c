package written_test

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/zclconf/go-cty/cty"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

var update = flag.Bool("update", false, "write the golden file anew")

// read reads a configuration as package config does, and forgets where everything stood.
func read(t *testing.T, text []byte) written.File {
	t.Helper()
	parsed, diagnostics := hclparse.NewParser().ParseJSON(text, "g.json")
	if diagnostics.HasErrors() {
		t.Fatalf("%v in\n%s", diagnostics, text)
	}
	var f written.File
	if diagnostics = gohcl.DecodeBody(parsed.Body, nil, &f); diagnostics.HasErrors() {
		t.Fatalf("%v in\n%s", diagnostics, text)
	}
	placeless(reflect.ValueOf(&f).Elem())
	return f
}

func placeless(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			placeless(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			placeless(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[hcl.Range]() {
			v.SetZero()
			return
		}
		for _, field := range v.Fields() {
			placeless(field)
		}
	}
}

// strange are strings that a careless writer would change.
var strange = []string{
	"plain", "${not.a.template}", "$${nor.this}", "%{ if true }x%{ endif }", `"quoted"`, `back\slash`, "two\nlines\r\n\ttabbed", "", " ", "<a href='x'>&amp;</a>",
	"ünïcödé 漢字 🙂", "\u0600", "\u2028\u2029", "\x00\x01\x7f", "//", "{\"json\": [1]}", "EOT",
}

// fill gives every field of a block something, each string another.
func fill(v reflect.Value, next *int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), next)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range v.Len() {
			fill(v.Index(i), next)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{strange[*next%len(strange)] + "1": strange[(*next+1)%len(strange)], "": "x", "//": "y"}))
		*next += 2
	case reflect.String:
		v.SetString(strange[*next%len(strange)])
		*next++
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*next) << 32)
		*next++
	case reflect.Float64:
		v.SetFloat(0.1)
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[hcl.Range]() {
			for _, field := range v.Fields() {
				fill(field, next)
			}
		}
	}
}

func TestWhatIsWrittenIsReadAsItWas(t *testing.T) {
	for name, f := range map[string]written.File{
		"nothing": {},
		"lists that are empty and yet said": {
			Suspended: []string{}, Listeners: []written.Listener{{Name: "a", Authenticate: []string{}, Targets: []string{}}},
		},
		"what is said to be what it is anyway": {
			Store:   &written.Store{Kind: "redis", Prefix: new("")},
			Limits:  &written.Limits{Body: new(int64(0))},
			Targets: []written.Target{{Name: "t", AllowPrivate: new(false), Env: map[string]string{}}},
		},
		"labels in an order of their own":  {Listeners: []written.Listener{{Name: "z"}, {Name: "a"}, {Name: "m"}}},
		"a label that is there twice":      {Targets: []written.Target{{Name: "t", Credentials: []written.Credential{{Kind: "static"}, {Kind: "other"}, {Kind: "static"}}}}},
		"one block that could be many":     {Policies: []written.Policies{{Text: "permit (principal, action, resource);"}}},
		"several blocks without labels":    {Policies: []written.Policies{{Text: "a"}, {Files: []string{"b", "c"}}}},
		"a label that looks like a remark": {Listeners: []written.Listener{{Name: "//"}, {Name: ""}}},
	} {
		t.Run(name, func(t *testing.T) { roundTrip(t, f) })
	}
	t.Run("everything, with strings that are strange", func(t *testing.T) {
		for from := range strange {
			var f written.File
			fill(reflect.ValueOf(&f).Elem(), &from)
			roundTrip(t, f)
		}
	})
}

func roundTrip(t *testing.T, f written.File) {
	t.Helper()
	text, err := written.JSON(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, text); !reflect.DeepEqual(got, f) {
		t.Errorf("read\n%s\nas\n%s", text, show(t, got))
	}
	again, err := written.JSON(f)
	if err != nil || string(again) != string(text) {
		t.Errorf("another time it is\n%s%v", again, err)
	}
}

func show(t *testing.T, f written.File) []byte {
	t.Helper()
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAConfigurationIsWrittenForReaders(t *testing.T) {
	text, err := written.JSON(written.File{
		Identity:     &written.Identity{WorkloadAPI: "unix:///run/spire/agent.sock"},
		TokenService: &written.TokenService{},
		Listeners:    []written.Listener{{Name: "agents", Address: ":8443", Mode: "audit"}},
		Targets: []written.Target{{
			Name: "bank", Protocol: "mcp", URL: "https://bank.example.org/mcp?a=1&b=<2>", Credentials: []written.Credential{
				{Kind: "static", File: new("credentials/bank")}, {Kind: "static", Header: new("X-Api-Key"), File: new("credentials/key")},
			},
		}},
		Policies: []written.Policies{{Files: []string{"policy.bank.cedar", "policy.deploy.cedar"}}},
		Limits:   &written.Limits{AgentRate: new(int64(10))},
	})
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/gateway.json"
	if *update {
		if err := os.WriteFile(golden, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != string(want) {
		t.Errorf("got\n%s", text)
	}
}

func TestAStringThatIsNotUTF8IsAnErrorWithItsPlace(t *testing.T) {
	for place, f := range map[string]written.File{
		"target: \"t\": url: ":                     {Targets: []written.Target{{Name: "t", URL: "\xff"}}},
		"target: \"t\": credential: \"k\": file: ": {Targets: []written.Target{{Name: "t", Credentials: []written.Credential{{Kind: "k", File: new("\xff")}}}}},
		"suspended: ":                              {Suspended: []string{"\xff"}},
		"telemetry: resource: ":                    {Telemetry: &written.Telemetry{Resource: map[string]string{"\xff": ""}}},
		"listener: label ":                         {Listeners: []written.Listener{{Name: "\xff"}}},
	} {
		if _, err := written.JSON(f); err == nil || !strings.HasPrefix(err.Error(), "write configuration: "+place) {
			t.Errorf("got %v, and not its place %s", err, place)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for i, text := range strange {
		f.Add(text, strange[(i+1)%len(strange)], int64(i), 0.5)
	}
	f.Fuzz(func(t *testing.T, a, b string, n int64, ratio float64) {
		if a != b && cty.NormalizeString(a) == cty.NormalizeString(b) {
			t.Skip() // two names of a map would become one
		}
		made := written.File{
			Suspended: []string{a, b},
			Agents:    []written.Agent{{ID: a, Labels: map[string]string{a: b, b: a}}, {ID: b}},
			Targets:   []written.Target{{Name: b, URL: a, Command: []string{a, b}, Limits: &written.TargetLimits{Body: &n}}},
			Policies:  []written.Policies{{Text: b}},
			Telemetry: &written.Telemetry{SampleRatio: &ratio, Resource: map[string]string{"k": a}},
		}
		text, err := written.JSON(made)
		if err != nil {
			return
		}
		got := read(t, text)
		normal(reflect.ValueOf(&made).Elem())
		if !reflect.DeepEqual(got, made) {
			t.Errorf("read\n%s\nas\n%s", text, show(t, got))
		}
	})
}

// normal brings all strings but labels into the form that HCL gives them.
func normal(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			normal(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			normal(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		made := map[string]string{}
		for key, value := range v.Seq2() {
			made[cty.NormalizeString(key.String())] = cty.NormalizeString(value.String())
		}
		v.Set(reflect.ValueOf(made))
	case reflect.String:
		v.SetString(cty.NormalizeString(v.String()))
	case reflect.Struct:
		for field, value := range v.Fields() {
			if !strings.HasSuffix(field.Tag.Get("hcl"), ",label") {
				normal(value)
			}
		}
	}
}
