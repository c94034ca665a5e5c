// Package tool finds or builds the programs that tests, the quickstart and the linter run: etcd, kube-apiserver, SPIRE, the
// Kyverno and Gatekeeper engines and others. Each is pinned in a Go module of its own under acctest/tools.
package tool

import (
	"fmt"
	"slices"
	"strings"
)

// Tool is a program that is built from a pinned Go module.
type Tool struct {
	// Name is the program's file name.
	Name string
	// module is the folder below acctest/tools whose go.mod pins the program.
	module string
	// pkg is the import path of its main package.
	pkg string
	// pin is the module whose version in that go.mod is the program's version.
	pin string
	// cgo says that the program needs a C compiler.
	cgo bool
	// static links the C library in too, for an image that holds the program alone. Of a Linux with the library's archive.
	static bool
	// patched says that it is built from a copy of its module to which the patch beside the go.mod is applied.
	patched bool
	// tags are build tags.
	tags string
	// asset says that KUBEBUILDER_ASSETS may hold the program.
	asset bool
	// versionArgs make the program print its version. Nil where it prints none that tells anything: such a program is not
	// taken from PATH.
	versionArgs []string
	// stamp gives the linker flags that write the version into the program.
	stamp func(version string) []string
}

// The programs, each at the version that its go.mod under acctest/tools names.
var (
	Etcd = Tool{
		Name: "etcd", module: "etcd", pkg: "go.etcd.io/etcd/server/v3", pin: "go.etcd.io/etcd/server/v3",
		asset: true, versionArgs: []string{"--version"},
	}
	KubeAPIServer = Tool{
		Name: "kube-apiserver", module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-apiserver", pin: "k8s.io/kubernetes",
		asset: true, versionArgs: []string{"--version"}, stamp: kubernetesVersion,
	}
	KubeControllerManager = Tool{
		Name: "kube-controller-manager", module: "kubernetes", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager", pin: "k8s.io/kubernetes",
		asset: true, versionArgs: []string{"--version"}, stamp: kubernetesVersion,
	}
	// SPIREServer needs cgo for its sqlite data store.
	SPIREServer = Tool{
		Name: "spire-server", module: "spire", pkg: "github.com/spiffe/spire/cmd/spire-server", pin: "github.com/spiffe/spire",
		cgo: true, versionArgs: []string{"--version"},
	}
	SPIREAgent = Tool{
		Name: "spire-agent", module: "spire", pkg: "github.com/spiffe/spire/cmd/spire-agent", pin: "github.com/spiffe/spire",
		cgo: true, versionArgs: []string{"--version"},
	}
	ControllerManager = Tool{
		Name: "spire-controller-manager", module: "controllermanager",
		pkg: "github.com/spiffe/spire-controller-manager/cmd", pin: "github.com/spiffe/spire-controller-manager",
	}
	// Kyverno is the Kyverno CLI, which carries the policy engine.
	Kyverno = Tool{
		Name: "kyverno", module: "kyverno", pkg: "github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno", pin: "github.com/kyverno/kyverno",
		versionArgs: []string{"version"}, stamp: kyvernoVersion,
	}
	// Gator is Gatekeeper's command line, which carries the constraint framework and both of its engines.
	Gator = Tool{
		Name: "gator", module: "gatekeeper", pkg: "github.com/open-policy-agent/gatekeeper/v3/cmd/gator", pin: "github.com/open-policy-agent/gatekeeper/v3",
	}
	// Kind makes clusters whose nodes are containers.
	Kind = Tool{
		Name: "kind", module: "kind", pkg: "sigs.k8s.io/kind", pin: "sigs.k8s.io/kind", versionArgs: []string{"version"},
	}
	// EverythingServer is the MCP SDK's server for the official conformance suite.
	EverythingServer = Tool{
		Name: "everything-server", module: "mcp",
		pkg: "github.com/modelcontextprotocol/go-sdk/conformance/everything-server", pin: "github.com/modelcontextprotocol/go-sdk",
	}
	// A2A is the command line of the A2A SDK.
	A2A = Tool{
		Name: "a2a", module: "a2a", pkg: "github.com/a2aproject/a2a-go/v2/cmd/a2a", pin: "github.com/a2aproject/a2a-go/v2",
	}
	// GRPCInteropClient and GRPCInteropServer are the gRPC project's own interoperability tests.
	GRPCInteropClient = Tool{
		Name: "grpc-interop-client", module: "grpc", pkg: "google.golang.org/grpc/interop/client", pin: "google.golang.org/grpc",
	}
	GRPCInteropServer = Tool{
		Name: "grpc-interop-server", module: "grpc", pkg: "google.golang.org/grpc/interop/server", pin: "google.golang.org/grpc",
	}
	// Image puts programs into container images.
	Image = Tool{
		Name: "image", module: "image", pkg: "github.com/agentward/terraform-provider-agent/acctest/tools/image", pin: "github.com/google/go-containerregistry",
	}
	GolangCILint = Tool{
		Name: "golangci-lint", module: "lint",
		pkg: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint", pin: "github.com/golangci/golangci-lint/v2",
		versionArgs: []string{"version"}, stamp: mainVersion,
	}
	// TFPluginDocs writes docs/ from the provider's schema, templates/ and examples/.
	TFPluginDocs = Tool{
		Name: "tfplugindocs", module: "docs",
		pkg: "github.com/hashicorp/terraform-plugin-docs/cmd/tfplugindocs", pin: "github.com/hashicorp/terraform-plugin-docs",
	}
	// TerraformDocs writes the inputs and outputs of the modules into their READMEs.
	TerraformDocs = Tool{
		Name: "terraform-docs", module: "moduledocs", pkg: "github.com/terraform-docs/terraform-docs", pin: "github.com/terraform-docs/terraform-docs",
	}
)

// ForTests lists what `make test` runs, in the order in which it is built.
func ForTests() []Tool {
	return []Tool{Etcd, KubeAPIServer, KubeControllerManager, KubeScheduler, SPIREServer, SPIREAgent, ControllerManager, Gator, Kyverno, EverythingServer, A2A, GRPCInteropClient, GRPCInteropServer}
}

// All lists every program.
func All() []Tool {
	return slices.Concat(ForTests(), ForNode()[4:], ForCluster()[1:], []Tool{Kind, Image, GolangCILint, TFPluginDocs, TerraformDocs})
}

// Named gives the tool of this name.
func Named(name string) (Tool, error) {
	var names []string
	for _, t := range All() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Tool{}, fmt.Errorf("no tool is called %q; there are %s", name, strings.Join(names, ", "))
}

// EnvVar names the environment variable that holds the path of a program to be used instead: AGENTWARD_KUBE_APISERVER.
func (t Tool) EnvVar() string {
	return "AGENTWARD_" + strings.ToUpper(strings.ReplaceAll(t.Name, "-", "_"))
}

func kubernetesVersion(version string) []string {
	major, minor := "", ""
	if parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3); len(parts) == 3 {
		major, minor = parts[0], parts[1]
	}
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags, "-X", pkg+".gitVersion="+version, "-X", pkg+".gitMajor="+major, "-X", pkg+".gitMinor="+minor)
	}
	return flags
}

func mainVersion(version string) []string {
	return []string{"-X", "main.version=" + strings.TrimPrefix(version, "v")}
}

func kyvernoVersion(version string) []string {
	return []string{"-X", "github.com/kyverno/kyverno/pkg/version.BuildVersion=" + version}
}
