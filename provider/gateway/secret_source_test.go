package gateway

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestASecretComesFromOnePlace(t *testing.T) {
	set, unset, unknown := types.StringValue("token"), types.StringNull(), types.StringUnknown()
	for name, test := range map[string]struct {
		secret, value types.String
		want          string
	}{
		"a Secret":                             {set, unset, ""},
		"a value":                              {unset, set, ""},
		"neither":                              {unset, unset, "comes from nowhere"},
		"both":                                 {set, set, "comes from two places"},
		"a value that the apply will know":     {unset, unknown, ""},
		"a Secret whose name is not known yet": {unknown, unset, ""},
	} {
		of := map[string]attr.Type{"secret": types.StringType, "value_wo": types.StringType}
		req := validator.ObjectRequest{
			Path:        path.Root("keys").AtName("signing"),
			ConfigValue: types.ObjectValueMust(of, map[string]attr.Value{"secret": test.secret, "value_wo": test.value}),
		}
		var resp validator.ObjectResponse
		oneSource{}.ValidateObject(t.Context(), req, &resp)
		switch {
		case test.want == "" && resp.Diagnostics.HasError():
			t.Errorf("%s: %v", name, resp.Diagnostics)
		case test.want != "" && (len(resp.Diagnostics) != 1 || resp.Diagnostics[0].Summary() != "Invalid keys.signing" || !strings.Contains(resp.Diagnostics[0].Detail(), test.want)):
			t.Errorf("%s: %v, want that keys.signing %s", name, resp.Diagnostics, test.want)
		}
	}
}
