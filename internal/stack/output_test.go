package stack

import (
	"errors"
	"reflect"
	"testing"
)

func service(id string) Key {
	return GoogleKey("agentregistry.googleapis.com", "projects/p/locations/l/services/"+id)
}

func TestOutputsAreFilledWhereverTheyStand(t *testing.T) {
	body := map[string]any{
		"rules": []any{map[string]any{"expression": "name in ['" + Output(service("a"), "registryResource") + "', '" + Output(service("b"), "registryResource") + "']"}},
		"name":  Output(service("a"), "name"), "count": int64(1), "plain": "{x}",
	}
	filled, unknown, err := Fill(body, func(key Key, field string) (string, error) { return key.Name[len(key.Name)-1:] + "." + field, nil })
	want := map[string]any{
		"rules": []any{map[string]any{"expression": "name in ['a.registryResource', 'b.registryResource']"}}, "name": "a.name", "count": int64(1), "plain": "{x}",
	}
	if err != nil || len(unknown) > 0 || !reflect.DeepEqual(filled, want) {
		t.Errorf("got %v, %v, %v", filled, unknown, err)
	}
	if got, want := Output(service("a"), "name"), "{//agentregistry.googleapis.com/projects/p/locations/l/services/a:name}"; got != want {
		t.Errorf("an output reads %s, want %s", got, want)
	}
	if got := Outputs(body); len(got) != 2 {
		t.Errorf("the body has outputs of %v", got)
	}
}

func TestOutputsThatAreNotThereYetAreNamedOnce(t *testing.T) {
	text := Output(service("a"), "registryResource")
	_, unknown, err := Fill(map[string]any{"x": text + text}, func(Key, string) (string, error) { return "", nil })
	if err != nil || !reflect.DeepEqual(unknown, []Key{service("a")}) {
		t.Errorf("unknown are %v, %v", unknown, err)
	}
	broken := errors.New("broken")
	if _, _, err := Fill(map[string]any{"x": text}, func(Key, string) (string, error) { return "", broken }); !errors.Is(err, broken) {
		t.Errorf("error is %v", err)
	}
}

func TestAnOutputMayBeTheLastSegmentOfAName(t *testing.T) {
	filled, _, err := Fill(map[string]any{"x": "mcpServers/" + Output(service("a"), "registryResource/id")}, func(_ Key, field string) (string, error) {
		return map[string]string{"registryResource": "projects/1/locations/l/mcpServers/m"}[field], nil
	})
	if err != nil || filled["x"] != "mcpServers/m" {
		t.Errorf("got %v, %v", filled, err)
	}
}

// What looks like an output and is none stays as it was written.
func FuzzTextWithoutOutputsStays(f *testing.F) {
	for _, text := range []string{"", "{", "{}", "{//a/b}", "{//a/b:}", "{//a:c}", "{//a/b:c", "{// a/b:c}", "{//a/b:c}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filled, unknown, err := Fill(map[string]any{"x": text}, func(Key, string) (string, error) { return "", nil })
		if err != nil || len(unknown) == 0 && filled["x"] != text {
			t.Errorf("%q became %q", text, filled["x"])
		}
	})
}
