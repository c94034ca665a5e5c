package admission

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func TestSidecarThatMustBeSignedIsWarnedOf(t *testing.T) {
	m := model{
		Rules:   &rulesModel{SignedImages: &signedImagesModel{Images: []types.String{types.StringValue("ghcr.io/agentward/*")}}},
		Sidecar: &sidecarModel{},
	}
	warnings := m.unsigned(&governed.Provider{Version: "1.0.0"})
	if len(warnings) != 1 {
		t.Fatalf("warnings are %v, want one", warnings)
	}
	if located, ok := warnings[0].(interface{ Path() path.Path }); !ok || !located.Path().Equal(path.Root("sidecar").AtName("image")) {
		t.Errorf("the warning is not on the attribute: %v", warnings[0])
	}
	m.Sidecar.Image = types.StringValue("registry.example.org/agent-gateway:1")
	if warnings := m.unsigned(nil); len(warnings) > 0 {
		t.Errorf("an image whose signature nobody asks for gives %v", warnings)
	}
}

func TestSidecarHasDefaults(t *testing.T) {
	s := (&sidecarModel{}).spec(&governed.Provider{Version: "1.0.0"})
	if s.Image != "ghcr.io/agentward/agent-gateway:1.0.0" || s.Port != 7070 || s.WorkloadAPI.CSIDriver != "csi.spiffe.io" || s.WorkloadAPI.Socket != "spire-agent.sock" {
		t.Errorf("got %+v", s)
	}
	s = (&sidecarModel{WorkloadAPI: &governed.WorkloadAPI{HostPath: types.StringValue("/run/spire")}}).spec(nil)
	if s.WorkloadAPI.CSIDriver != "" || s.WorkloadAPI.HostPath != "/run/spire" {
		t.Errorf("got %+v", s.WorkloadAPI)
	}
}
