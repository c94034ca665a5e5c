package governed

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// withAttributes gives a plan or state in which the named attributes have these values. It changes all of them in one go: the
// framework's SetAttribute walks the plan and copies the schema anew for each, which took more time than the dry run that a plan
// is about.
func withAttributes(ctx context.Context, raw tftypes.Value, values map[string]attr.Value) (tftypes.Value, diag.Diagnostics) {
	changes := make(map[string]tftypes.Value, len(values))
	for name, value := range values {
		v, err := value.ToTerraformValue(ctx)
		if err != nil {
			return raw, badAttribute(name, err)
		}
		changes[name] = v
	}
	return replaced(raw, changes)
}

// withUnknown gives a plan in which the named attributes are known after apply. Of their values only the types count.
func withUnknown(ctx context.Context, raw tftypes.Value, values map[string]attr.Value) (tftypes.Value, diag.Diagnostics) {
	changes := make(map[string]tftypes.Value, len(values))
	for name, value := range values {
		changes[name] = tftypes.NewValue(value.Type(ctx).TerraformType(ctx), tftypes.UnknownValue)
	}
	return replaced(raw, changes)
}

func replaced(raw tftypes.Value, changes map[string]tftypes.Value) (tftypes.Value, diag.Diagnostics) {
	var before map[string]tftypes.Value
	if err := raw.As(&before); err != nil {
		return raw, badAttribute("", err)
	}
	attributes := maps.Clone(before)
	maps.Copy(attributes, changes)
	for name, value := range changes {
		old, ok := before[name]
		if !ok || !value.Type().Equal(old.Type()) {
			return raw, badAttribute(name, fmt.Errorf("%s, which the schema does not have there", value.Type()))
		}
	}
	return tftypes.NewValue(raw.Type(), attributes), nil
}

func badAttribute(name string, err error) diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to set computed attributes",
		fmt.Sprintf("Attribute %q: %v. This is a bug in the provider.", name, err))}
}
