package gateway

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// What is configured is not lost on the way: a configuration in which every attribute is set fills every field of the spec.
func TestEveryAttributeReachesTheSpec(t *testing.T) {
	var resp resource.SchemaResponse
	New().Schema(t.Context(), resource.SchemaRequest{}, &resp)
	config := tfsdk.Config{Schema: resp.Schema, Raw: filled("", resp.Schema.Type().TerraformType(t.Context()))}
	m := &model{}
	if diags := config.Get(t.Context(), m); diags.HasError() {
		t.Fatal(diags)
	}
	m.Stack = types.StringValue(string(spec.GCP))
	google := m.spec(nil).Google
	// What the schema of a template and of an entry leaves out.
	google.ConnectivityTemplate.DNSPeering.TargetProject = "the network's"
	google.Services["key"] = identified(google.Services["key"], "key")

	m.Stack = types.StringValue(string(spec.OSS))
	g := m.spec(nil)
	if g.Google != nil {
		t.Error("a gateway of the open-source stack has a part on Google Cloud")
	}
	g.Google = google
	// The provider's.
	g.Labels, g.Annotations = map[string]string{"a": "b"}, map[string]string{"a": "b"}
	empty(t, "gateway", reflect.ValueOf(g))
}

func identified(s spec.GoogleRegistryService, id string) spec.GoogleRegistryService {
	s.ID = id
	return s
}

// filled gives a value of a type with everything in it. Its strings are durations and base64 alike.
func filled(name string, of tftypes.Type) tftypes.Value {
	switch of := of.(type) {
	case tftypes.Object:
		values := map[string]tftypes.Value{}
		for name, of := range of.AttributeTypes {
			values[name] = filled(name, of)
		}
		return tftypes.NewValue(of, values)
	case tftypes.Map:
		return tftypes.NewValue(of, map[string]tftypes.Value{"key": filled("", of.ElementType)})
	case tftypes.List:
		return tftypes.NewValue(of, []tftypes.Value{filled("", of.ElementType)})
	}
	switch {
	case name == "enabled", name == "deny_by_default": // whose default is true
		return tftypes.NewValue(of, false)
	case of.Is(tftypes.Bool):
		return tftypes.NewValue(of, true)
	case of.Is(tftypes.Number):
		return tftypes.NewValue(of, 1)
	case name == "enforcement":
		return tftypes.NewValue(of, audit)
	}
	return tftypes.NewValue(of, "100s")
}

// empty complains of all that is not set.
func empty(t *testing.T, at string, v reflect.Value) {
	t.Helper()
	if v.IsZero() {
		t.Errorf("%s is lost", at)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for field, value := range v.Fields() {
			empty(t, at+"."+field.Name, value)
		}
	case reflect.Pointer:
		empty(t, at, v.Elem())
	case reflect.Map:
		for _, key := range v.MapKeys() {
			empty(t, fmt.Sprintf("%s[%q]", at, key), v.MapIndex(key))
		}
	case reflect.Slice:
		for i := range v.Len() {
			empty(t, fmt.Sprintf("%s[%d]", at, i), v.Index(i))
		}
	}
}

// Pages are made of descriptions, and whoever reads one looks for what happens where nothing is said.
func TestEveryAttributeIsDescribed(t *testing.T) {
	var look func(path string, in attribute.Set)
	look = func(path string, in attribute.Set) {
		for name, a := range in {
			text := a.GetMarkdownDescription()
			if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ")") {
				t.Errorf("%s%s: %q is no sentence", path, name, text)
			}
			if n, ok := nested(a); ok {
				look(path+name+".", n)
			}
		}
	}
	look("", resourceSchema().Attributes)
}

func nested(a any) (attribute.Set, bool) {
	switch a := a.(type) {
	case schema.SingleNestedAttribute:
		return a.Attributes, true
	case schema.MapNestedAttribute:
		return a.NestedObject.Attributes, true
	case schema.ListNestedAttribute:
		return a.NestedObject.Attributes, true
	}
	return nil, false
}
