package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	providerschema "github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
)

const peerBinary = "terraform-provider-kubernetes"

// The real hashicorp/kubernetes is seldom at hand. A stand-in that takes its configuration and does nothing with it shows that
// Terraform finds a program named in the environment, and that it takes the objects as manifests.
func TestManifestsGoThroughTheNamedProvider(t *testing.T) {
	c := controlplane.Start(t, controlplane.Options{})
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath(os.Getenv("TF_ACC_TERRAFORM_PATH"))
	if err != nil {
		t.Fatal(err)
	}
	objects, err := oss.Identity(spec.Identity{
		Name: "billing", Namespace: namespace(0), TrustDomain: "agents.example.org",
		ServiceAccount: spec.ServiceAccount{Create: true, Name: "billing"},
	})
	if err != nil {
		t.Fatal(err)
	}
	found := findPeer(func(name string) string { return map[string]string{peerVariable: self}[name] })
	b := &bench{cluster: c, terraform: program, dir: dir, identities: 1, out: t.Output()}
	measured, err := b.manifests(t.Context(), found, objects)
	if err != nil {
		t.Fatal(err)
	}
	if measured.Program != self || len(measured.Phases) != len(phases) {
		t.Errorf("measured %+v, want %d phases of %s", measured, len(phases), self)
	}
	state, err := filepath.Glob(filepath.Join(dir, contenderManifest, "terraform.tfstate.backup"))
	if err != nil || len(state) != 1 {
		t.Fatalf("no state from before the destroy: %v", err)
	}
	content, err := os.ReadFile(state[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range objects {
		if !bytes.Contains(content, []byte(object.Key.String())) {
			t.Errorf("%s was no resource", object.Key.Describe())
		}
	}
}

// serveStandIn makes this process the stand-in where Terraform has started it as hashicorp/kubernetes.
func serveStandIn() {
	if filepath.Base(os.Args[0]) != peerBinary {
		return
	}
	options := providerserver.ServeOpts{Address: "registry.terraform.io/hashicorp/kubernetes"}
	if err := providerserver.Serve(context.Background(), func() provider.Provider { return standIn{} }, options); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

type standIn struct{}

func (standIn) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "kubernetes"
}

func (standIn) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema.Attributes = map[string]providerschema.Attribute{"config_path": providerschema.StringAttribute{Optional: true}}
}

func (standIn) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {}

func (standIn) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (standIn) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return manifest{} }}
}

type manifest struct{}

func (manifest) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = contenderManifest
}

func (manifest) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema.Attributes = map[string]schema.Attribute{"manifest": schema.DynamicAttribute{Required: true}}
}

func (manifest) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (manifest) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (manifest) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (manifest) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
