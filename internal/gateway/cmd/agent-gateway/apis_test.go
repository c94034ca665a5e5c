package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// walkthrough runs the commands of an example's README, all but the first, which starts what this starts: the example's target, with the
// arguments given, and the gateway. It gives the audit log.
func walkthrough(t *testing.T, name, target, at, listener string, args ...string) *lines {
	t.Helper()
	root := t.TempDir()
	folder := filepath.Join(root, "examples", "gateway", name)
	if err := os.CopyFS(folder, os.DirFS("../../../../examples/gateway/"+name)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(folder, ".agentward")); err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(root, ".build", "bin")
	asProgram(t, filepath.Join(bin, "agent-gateway"))
	binary := filepath.Join(bin, filepath.Base(target))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../../../examples/gateway/"+name+"/"+target).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	upstream, address := port.Address(t), port.Address(t)
	configuration := filepath.Join(folder, "gateway.hcl")
	replace(t, configuration, at, upstream, listener, address)
	said, saidTo := newLines()
	server := exec.CommandContext(t.Context(), binary, append(args, "-listen", upstream)...)
	server.Stderr = saidTo
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Wait() }) // it is killed with the test's context
	said.wait(t, upstream)
	audit, auditTo := newLines()
	gateway, gatewayTo := newLines()
	start(t, auditTo, gatewayTo, "serve", "-config", configuration)
	gateway.wait(t, "msg=serving")
	walk(t, root, blocks(t, filepath.Join(folder, "README.md"))[1:], strings.NewReplacer(listener, address))
	return audit
}

func TestTheExampleOfREST(t *testing.T) {
	audit := walkthrough(t, "rest", "api", "127.0.0.1:3002", "127.0.0.1:8445")
	audit.wait(t, `"decision":"allow"`, `"operation":"refund"`, `"policies":["small-refunds"]`, `"arguments":{"path":{"id":7}}`)
	audit.wait(t, `"decision":"deny"`, `"operation":"getCustomer"`, `"policies":["not-the-boss"]`)
}

func TestTheExampleOfGRPC(t *testing.T) {
	audit := walkthrough(t, "grpc", "shop", "127.0.0.1:3003", "127.0.0.1:8446")
	audit.wait(t, `"decision":"allow"`, `"resource.name":"shop.v1.Orders/PlaceAll"`, `"policies":["small-orders"]`, `"arguments":{"cents":450}`)
	audit.wait(t, `"decision":"deny"`, `"policies":["no-gifts"]`, `"arguments":{"cents":0}`)
}
