package identity

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestSuspensionThatDoesLessThanItsNamePromisesWarns(t *testing.T) {
	gateways := []types.String{types.StringValue("gateways/edge")}
	pods := []types.String{types.StringValue("0b6f1c1e-8d2a-4c0e-9a53-3f1de1f6c001")}
	instances := map[string]instanceModel{"a1": {Suspended: types.BoolValue(true)}}
	for name, test := range map[string]struct {
		model model
		want  []string // the attributes that warn
	}{
		"nothing is suspended":                   {model{}, nil},
		"suspended at a gateway":                 {model{Suspended: types.BoolValue(true), Gateways: gateways}, nil},
		"a pod is suspended at a gateway":        {model{SuspendedPods: pods, Gateways: gateways}, nil},
		"the whole agent, with its logical ID":   {model{Suspended: types.BoolValue(true), LogicalID: types.BoolValue(true), Gateways: gateways}, nil},
		"suspended at no gateway":                {model{Suspended: types.BoolValue(true)}, []string{"suspended"}},
		"a pod is suspended at no gateway":       {model{SuspendedPods: pods}, []string{"suspended_instances"}},
		"an instance is suspended at no gateway": {model{Instances: instances}, []string{"instances"}},
		"one of several that share an ID":        {model{SuspendedPods: pods, LogicalID: types.BoolValue(true), Gateways: gateways}, []string{"logical_id"}},
	} {
		t.Run(name, func(t *testing.T) {
			warnings := test.model.PlanWarnings(t.Context(), nil)
			if len(warnings) != len(test.want) {
				t.Fatalf("warnings are %v, want them at %v", warnings, test.want)
			}
			for i, attribute := range test.want {
				located, ok := warnings[i].(interface{ Path() path.Path })
				if !ok || !located.Path().Equal(path.Root(attribute)) {
					t.Errorf("warning %v is not at %s", warnings[i], attribute)
				}
			}
		})
	}
}

func TestDestructionThatLiftsASuspensionWarns(t *testing.T) {
	gateways := []types.String{types.StringValue("gateways/edge")}
	for name, test := range map[string]struct {
		model model
		warns bool
	}{
		"nothing is suspended":    {model{Gateways: gateways}, false},
		"suspended at no gateway": {model{Suspended: types.BoolValue(true)}, false},
		"suspended at a gateway":  {model{Suspended: types.BoolValue(true), Gateways: gateways}, true},
		"an instance is suspended at a gateway": {
			model{Instances: map[string]instanceModel{"a1": {Suspended: types.BoolValue(true)}}, Gateways: gateways}, true,
		},
	} {
		if warnings := test.model.Leaving(nil); (len(warnings) > 0) != test.warns {
			t.Errorf("%s: the plan of a destruction says %v", name, warnings)
		}
	}
}
