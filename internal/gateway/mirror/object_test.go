package mirror

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAListSaysWhatIsMirrored(t *testing.T) {
	text := []byte(`[{"kind":"Secret","namespace":"agents","name":"gw-keys","directory":"keys"},
		{"kind":"ConfigMap","namespace":"agents","name":"gw-suspended","directory":"suspended","optional":true}]`)
	want := []Object{
		{Kind: Secret, Namespace: "agents", Name: "gw-keys", Directory: "keys"},
		{Kind: ConfigMap, Namespace: "agents", Name: "gw-suspended", Directory: "suspended", Optional: true},
	}
	got, err := Parse(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	written, err := JSON([]Object{want[1], want[0]})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(written)
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("written in another order: %s, %v", written, err)
	}
}

func TestAListIsRefused(t *testing.T) {
	one := func(kind, namespace, name, directory string) string {
		return fmt.Sprintf(`{"kind":%q,"namespace":%q,"name":%q,"directory":%q}`, kind, namespace, name, directory)
	}
	for name, c := range map[string]struct{ text, says string }{
		"no list":                         {`{}`, "it is to be a list"},
		"more behind it":                  {`[] []`, "more behind"},
		"a member that is not known":      {`[{"kind":"Secret","namespace":"n","name":"x","directory":"d","option":true}]`, `unknown field "option"`},
		"another kind":                    {"[" + one("Pod", "n", "x", "d") + "]", "only ConfigMap and Secret"},
		"a name that leads elsewhere":     {"[" + one("Secret", "n", "../../pods/x", "d") + "]", "is not that of a Secret"},
		"a namespace that does":           {"[" + one("Secret", "n/secrets/x?a=", "x", "d") + "]", "is not the name of one"},
		"no folder":                       {"[" + one("Secret", "n", "x", "") + "]", "write a relative path"},
		"an absolute folder":              {"[" + one("Secret", "n", "x", "/etc") + "]", "write a relative path"},
		"a folder outside":                {"[" + one("Secret", "n", "x", "a/../../b") + "]", "write a relative path"},
		"a hidden folder":                 {"[" + one("Secret", "n", "x", "..config.1") + "]", "write a relative path"},
		"a deep folder":                   {"[" + one("Secret", "n", "x", "a/b/c/d/e") + "]", "more than 4 parts"},
		"the configuration's folder":      {"[" + one("Secret", "n", "x", "config") + "]", "that of another"},
		"a folder in the configuration":   {"[" + one("Secret", "n", "x", "config/x") + "]", "that of another"},
		"a folder of two":                 {"[" + one("Secret", "n", "x", "d") + "," + one("Secret", "n", "y", "d") + "]", "that of another"},
		"a folder in that of another":     {"[" + one("Secret", "n", "x", "d/e") + "," + one("Secret", "n", "y", "d") + "]", "that of another"},
		"more than can be followed":       {"[" + strings.TrimSuffix(strings.Repeat(one("Secret", "n", "x", "d")+",", MaxObjects+1), ",") + "]", "more than"},
		"more than can be read":           {strings.Repeat(" ", maxList+1), "larger than"},
		"a folder whose name is too long": {"[" + one("Secret", "n", "x", strings.Repeat("d", maxFolder+1)) + "]", "write a relative path"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFolderNextToOneOfTheSameBeginningIsAnother(t *testing.T) {
	if _, err := Parse([]byte(`[{"kind":"Secret","namespace":"n","name":"x","directory":"key"},{"kind":"Secret","namespace":"n","name":"y","directory":"keys"}]`)); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"kind":"Secret","namespace":"n","name":"x","directory":"secrets/x","optional":true}]`))
	f.Add([]byte(`[{"kind":"Secret","namespace":"n","name":"..","directory":"../x"}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := Parse(text)
		if err != nil {
			return
		}
		for _, o := range all {
			if !filepath.IsLocal(o.Directory) || filepath.Clean(o.Directory) != o.Directory || strings.HasPrefix(o.Directory, ".") {
				t.Errorf("directory %q", o.Directory)
			}
			if strings.ContainsAny(o.Namespace+o.Name, "/?#%") {
				t.Errorf("%s asks for something else", o)
			}
		}
		written, err := JSON(all)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(written); err != nil {
			t.Errorf("%s: %v", written, err)
		}
	})
}
