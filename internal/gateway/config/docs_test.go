package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

const operating = "../../../docs/gateway/operating.md"

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(operating)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var blocks = regexp.MustCompile("(?s)```hcl\n(.*?)```")

func TestTheConfigurationsOfTheDocumentationAreGood(t *testing.T) {
	found := blocks.FindAllStringSubmatch(page(t), -1)
	if len(found) < 5 {
		t.Fatalf("%d blocks", len(found))
	}
	for _, block := range found {
		if _, diagnostics := Parse(filepath.Join(t.TempDir(), "g.hcl"), []byte(whole+block[1])); diagnostics.HasErrors() {
			t.Errorf("%v in\n%s", diagnostics.Errs(), block[1])
		}
	}
}

// Every limit is in the table with its default, and the table has no other.
func TestTheDocumentationHasEveryLimitAndItsDefault(t *testing.T) {
	documented := map[string]string{}
	_, section, _ := strings.Cut(page(t), "\n## Limits\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (\\d+|\\d+[smh]) \\|").FindAllStringSubmatch(section, -1) {
		documented[row[1]] = row[2]
	}
	defaults := reflect.ValueOf(Defaults())
	block := reflect.TypeFor[written.Limits]()
	for i := range block.NumField() {
		field := block.Field(i)
		name, kind, _ := strings.Cut(field.Tag.Get("hcl"), ",")
		if kind != "optional" {
			continue
		}
		meant := defaultOf(t, defaults, name)
		if documented[name] != meant {
			t.Errorf("limits.%s is %s, and the documentation has %q", name, meant, documented[name])
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("there is no limits.%s", name)
	}
}

// defaultOf finds a limit's default by setting it to something else and seeing what changes.
func defaultOf(t *testing.T, defaults reflect.Value, name string) string {
	t.Helper()
	for _, value := range []string{"7", `"7s"`, "5000"} {
		c, diagnostics := Parse("g.hcl", []byte(whole+fmt.Sprintf("limits {\n%s = %s\n}", name, value)))
		if diagnostics.HasErrors() {
			continue
		}
		changed := reflect.ValueOf(c.Limits)
		for i := range changed.NumField() {
			if changed.Field(i).Interface() == defaults.Field(i).Interface() {
				continue
			}
			if d, ok := defaults.Field(i).Interface().(time.Duration); ok {
				short := d.String()
				for _, zero := range []string{"m0s", "h0m"} {
					if strings.HasSuffix(short, zero) {
						short = short[:len(short)-2]
					}
				}
				return short
			}
			return fmt.Sprint(defaults.Field(i).Interface())
		}
	}
	t.Fatalf("limits.%s changes nothing", name)
	return ""
}
