package terraform

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/agentward/terraform-provider-agent/provider"
)

// Attach serves the provider from this process to all that runs in the folder, which then has none to start: a run takes a fraction of
// a second. Where the program is killed the provider sees its connection end; quiet waits until it does nothing any more.
func (f *Folder) Attach(t *testing.T, options ...provider.Option) (quiet func()) {
	t.Helper()
	host, namespace := os.Getenv("TF_ACC_PROVIDER_HOST"), os.Getenv("TF_ACC_PROVIDER_NAMESPACE")
	if host == "" {
		host, namespace = "registry.terraform.io", "hashicorp"
	}
	address := host + "/" + namespace + "/agent"
	ctx, cancel := context.WithCancel(context.Background())
	listening, closed := make(chan *plugin.ReattachConfig, 1), make(chan struct{})
	failed := make(chan error, 1)
	var busy sync.RWMutex
	go func() {
		failed <- tf6server.Serve(address, func() tfprotov6.ProviderServer {
			return &attended{ProviderServer: providerserver.NewProtocol6(provider.New("test", options...)())(), busy: &busy}
		}, tf6server.WithDebug(ctx, listening, closed), tf6server.WithGoPluginLogger(hclog.NewNullLogger()),
			tf6server.WithoutLogStderrOverride(), tf6server.WithLoggingSink(t))
	}()
	t.Cleanup(func() {
		cancel()
		<-closed
	})
	select {
	case at := <-listening:
		text, err := json.Marshal(map[string]any{address: map[string]any{
			"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": at.Test,
			"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
		}})
		if err != nil {
			t.Fatal(err)
		}
		f.Environment = append(f.Environment, "TF_REATTACH_PROVIDERS="+string(text))
	case err := <-failed:
		t.Fatalf("serve the provider: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("the provider is not served after a minute")
	}
	return func() {
		busy.Lock()
		defer busy.Unlock()
	}
}

// attended is a provider of which one can tell whether it is at work.
type attended struct {
	tfprotov6.ProviderServer
	busy *sync.RWMutex
}

func (a *attended) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	a.busy.RLock()
	defer a.busy.RUnlock()
	return a.ProviderServer.ReadResource(ctx, req)
}

func (a *attended) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	a.busy.RLock()
	defer a.busy.RUnlock()
	return a.ProviderServer.PlanResourceChange(ctx, req)
}

func (a *attended) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	a.busy.RLock()
	defer a.busy.RUnlock()
	return a.ProviderServer.ApplyResourceChange(ctx, req)
}
