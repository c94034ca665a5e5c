package platform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// Images are the names of the images that the platform and the tests run.
type Images struct {
	SPIREServer, SPIREAgent, ControllerManager       string
	KyvernoInit, KyvernoAdmission, KyvernoReports    string
	NetworkPolicies                                  string // where the network of the nodes enforces none
	Redis                                            string
	Gateway                                          string // agent-gateway of this repository
	Agent                                            string // acctest/platform/agent
	Probe                                            string // kars-probe of this repository
	AgentSandbox, Kueue, Traefik                     string // which tests bring in and remove again
	MetricsServer, Prometheus                        string // so too
	EverythingServer, Bank, Kitchen, A2A, REST, Shop string // what agents call
}

// image is one of them.
type image struct {
	name     string
	field    func(*Images) *string
	released string                                                      // what stands for it where images can be pulled; "" for what is of this repository
	program  func(ctx context.Context, say func(string)) (string, error) // the path of the program that it holds
	files    func(ctx context.Context, program string) ([]string, error) // what else it holds; nil for nothing
}

func images() []image {
	kyverno, spire := "reg.kyverno.io/kyverno/", "ghcr.io/spiffe/"
	return []image{
		{"spire-server", func(i *Images) *string { return &i.SPIREServer }, pinned(spire+"spire-server:%s", tool.SPIREServer), built(tool.SPIREServerStatic), nil},
		{"spire-agent", func(i *Images) *string { return &i.SPIREAgent }, pinned(spire+"spire-agent:%s", tool.SPIREAgent), built(tool.SPIREAgentStatic), nil},
		{"spire-controller-manager", func(i *Images) *string { return &i.ControllerManager }, pinned(spire+"spire-controller-manager:%s", tool.ControllerManager), built(tool.ControllerManager), nil},
		{"kyverno-init", func(i *Images) *string { return &i.KyvernoInit }, pinned(kyverno+"kyvernopre:v%s", tool.KyvernoInit), built(tool.KyvernoInit), nil},
		{"kyverno", func(i *Images) *string { return &i.KyvernoAdmission }, pinned(kyverno+"kyverno:v%s", tool.KyvernoAdmission), built(tool.KyvernoAdmission), nil},
		{"kyverno-reports", func(i *Images) *string { return &i.KyvernoReports }, pinned(kyverno+"reports-controller:v%s", tool.KyvernoReports), built(tool.KyvernoReports), nil},
		{"kube-network-policies", func(i *Images) *string { return &i.NetworkPolicies }, pinned("registry.k8s.io/networking/kube-network-policies:v%s", tool.NetworkPolicies), built(tool.NetworkPolicies), nil},
		{"redis-server", func(i *Images) *string { return &i.Redis }, "docker.io/library/redis:8", installed("redis-server"), libraries},
		{"agent-gateway", func(i *Images) *string { return &i.Gateway }, "", ours("./internal/gateway/cmd/agent-gateway"), nil},
		{"agent", func(i *Images) *string { return &i.Agent }, "", ours("./acctest/platform/agent"), nil},
		{"kars-probe", func(i *Images) *string { return &i.Probe }, "", ours("./internal/kars/cmd/kars-probe"), nil},
		{"agent-sandbox-controller", func(i *Images) *string { return &i.AgentSandbox }, pinned("registry.k8s.io/agent-sandbox/agent-sandbox-controller:v%s", tool.AgentSandbox), built(tool.AgentSandbox), nil},
		{"kueue", func(i *Images) *string { return &i.Kueue }, pinned("registry.k8s.io/kueue/kueue:v%s", tool.Kueue), built(tool.Kueue), nil},
		{"traefik", func(i *Images) *string { return &i.Traefik }, pinned("docker.io/library/traefik:v%s", tool.Traefik), built(tool.Traefik), nil},
		{"metrics-server", func(i *Images) *string { return &i.MetricsServer }, pinned("registry.k8s.io/metrics-server/metrics-server:v%s", tool.MetricsServer), built(tool.MetricsServer), nil},
		{"prometheus", func(i *Images) *string { return &i.Prometheus }, releasedPrometheus(), built(tool.Prometheus), nil},
		{"everything-server", func(i *Images) *string { return &i.EverythingServer }, "", built(tool.EverythingServer), nil},
		{"bank", func(i *Images) *string { return &i.Bank }, "", ours("./examples/gateway/mcp-server"), nil},
		{"kitchen", func(i *Images) *string { return &i.Kitchen }, "", ours("./examples/gateway/mcp/server"), nil},
		{"a2a-agent", func(i *Images) *string { return &i.A2A }, "", ours("./examples/gateway/a2a/agent"), nil},
		{"rest-api", func(i *Images) *string { return &i.REST }, "", ours("./examples/gateway/rest/api"), nil},
		{"grpc-shop", func(i *Images) *string { return &i.Shop }, "", ours("./examples/gateway/grpc/shop"), nil},
	}
}

// pinned is the name of a released image in the version that a program is pinned in.
func pinned(format string, t tool.Tool) string {
	version, err := t.Version()
	if err != nil {
		return "" // the build of the program says why
	}
	return fmt.Sprintf(format, strings.TrimPrefix(version, "v"))
}

// releasedPrometheus is the image of a module whose v0.316.0 is the release v3.16.0.
func releasedPrometheus() string {
	name := pinned("quay.io/prometheus/prometheus:v%s", tool.Prometheus)
	if repository, version, ok := strings.Cut(name, ":v0.3"); ok {
		return repository + ":v3." + strings.TrimPrefix(version, "0")
	}
	return name
}

// built is a program of a pinned module.
func built(t tool.Tool) func(context.Context, func(string)) (string, error) {
	return t.Build
}

// installed is a program of this machine.
func installed(name string) func(context.Context, func(string)) (string, error) {
	return func(context.Context, func(string)) (string, error) {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%w: install Debian's package of that name", err)
		}
		return path, nil
	}
}

// ours is a program of this repository.
func ours(pkg string) func(context.Context, func(string)) (string, error) {
	return func(ctx context.Context, _ func(string)) (string, error) {
		root, err := tool.Root()
		if err != nil {
			return "", err
		}
		cache, err := tool.Cache()
		if err != nil {
			return "", err
		}
		path := filepath.Join(cache, "images", "programs", strings.ReplaceAll(strings.TrimPrefix(pkg, "./"), "/", "-"))
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", path, pkg)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
		return path, nil
	}
}

// libraries are the files that a program is linked with.
func libraries(ctx context.Context, program string) ([]string, error) {
	out, err := exec.CommandContext(ctx, "ldd", program).Output()
	if err != nil {
		return nil, fmt.Errorf("ldd %s: %w", program, err)
	}
	var files []string
	for word := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(word, "/") {
			files = append(files, word)
		}
	}
	return files, nil
}

// archive gives an image of the program, in the cache, by a name that changes with what it holds.
func (i image) archive(ctx context.Context, tools string, say func(string)) (archive, error) {
	program, err := i.program(ctx, say)
	if err != nil {
		return archive{}, err
	}
	var files []string
	if i.files != nil {
		if files, err = i.files(ctx, program); err != nil {
			return archive{}, err
		}
	}
	digest, err := hash(append(slices.Clone(files), program, tools)...)
	if err != nil {
		return archive{}, err
	}
	cache, err := tool.Cache()
	if err != nil {
		return archive{}, err
	}
	a := archive{fmt.Sprintf("agentward.test/%s:%s", i.name, digest), filepath.Join(cache, "images", i.name+"-"+digest+".tar")}
	if _, err := os.Stat(a.path); err == nil {
		return a, nil
	}
	// The image's program is called as the image is.
	folder, err := os.MkdirTemp(filepath.Dir(a.path), i.name+"-")
	if err != nil {
		return archive{}, err
	}
	defer os.RemoveAll(folder)
	link := filepath.Join(folder, i.name)
	if err := os.Symlink(program, link); err != nil {
		return archive{}, err
	}
	args := []string{"-tag", a.name, "-archive", a.path + ".part"}
	for _, f := range files {
		args = append(args, "-file", f+"="+f)
	}
	out, err := exec.CommandContext(ctx, tools, append(args, "linux/"+runtime.GOARCH+"="+link)...).CombinedOutput()
	if err != nil {
		return archive{}, fmt.Errorf("make an image of %s: %w: %s", program, err, out)
	}
	return a, os.Rename(a.path+".part", a.path)
}

func hash(files ...string) (string, error) {
	sum := sha256.New()
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(sum, f)
		_ = f.Close() // it was only read
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}
