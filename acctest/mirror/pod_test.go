// Package mirror_test runs the gateway as it runs in a pod, at a real API server: with the token of a service account, a Role that names its
// objects, and a folder for copies of them.
package mirror_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/gateway"
	"github.com/agentward/terraform-provider-agent/acctest/port"
)

const account = "gateway"

// promise is within what a change has to be in force.
const promise = 2 * time.Second

func TestMain(m *testing.M) { gateway.Main(m) }

// pod is where a gateway runs: a namespace with its objects, and folders as a pod has them.
type pod struct {
	t         *testing.T
	plane     *controlplane.ControlPlane
	client    kubernetes.Interface
	namespace string
	directory string // of the copies
	account   string // folder of the service account
	target    string
	listener  string
	admin     string

	mu  sync.Mutex
	log *gateway.Lines
}

// start makes a control plane with a namespace in it. The gateway is not running yet, and there is no ConfigMap.
func start(t *testing.T) *pod {
	t.Helper()
	p := &pod{t: t, plane: controlplane.Start(t, controlplane.Options{}), namespace: "agents", directory: t.TempDir(), account: t.TempDir()}
	var err error
	if p.client, err = kubernetes.NewForConfig(p.plane.Config()); err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{"content":[]}}`)
	}))
	t.Cleanup(target.Close)
	p.target, p.listener, p.admin = target.URL, port.Address(t), port.Address(t)
	_, err = p.client.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: p.namespace}}, metav1.CreateOptions{})
	p.must(err)
	p.serviceAccount()
	return p
}

func (p *pod) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// serviceAccount makes the account, and the folder that a kubelet would mount of it.
func (p *pod) serviceAccount() {
	p.t.Helper()
	accounts := p.client.CoreV1().ServiceAccounts(p.namespace)
	_, err := accounts.Create(p.t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account}}, metav1.CreateOptions{})
	p.must(err)
	issued, err := accounts.CreateToken(p.t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	p.must(err)
	p.must(os.WriteFile(filepath.Join(p.account, "token"), []byte(issued.Status.Token), 0o600))
	config := p.plane.Config()
	authority := config.CAData
	if len(authority) == 0 {
		authority, err = os.ReadFile(config.CAFile)
		p.must(err)
	}
	p.must(os.WriteFile(filepath.Join(p.account, "ca.crt"), authority, 0o600))
}

// grant lets the account read ConfigMaps and Secrets by their names, and nothing else.
func (p *pod) grant(configMaps, secrets []string) {
	p.t.Helper()
	verbs := []string{"get", "list", "watch"}
	var rules []rbacv1.PolicyRule
	for resource, names := range map[string][]string{"configmaps": configMaps, "secrets": secrets} {
		if len(names) > 0 {
			rules = append(rules, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{resource}, ResourceNames: names, Verbs: verbs})
		}
	}
	meta := metav1.ObjectMeta{Name: account}
	_, err := p.client.RbacV1().Roles(p.namespace).Create(p.t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}, metav1.CreateOptions{})
	p.must(err)
	_, err = p.client.RbacV1().RoleBindings(p.namespace).Create(p.t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: account},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: p.namespace, Name: account}},
	}, metav1.CreateOptions{})
	p.must(err)
}

// configuration is one of a gateway whose policies are beside it, with what is to be added.
func (p *pod) configuration(more string) string {
	return fmt.Sprintf(`{
		"listener": {"agents": {"address": %q, "plain": true, "principal": "spiffe://example.org/ns/demo/agent/a"}},
		"target": {"bank": {"protocol": "mcp", "url": %q}},
		"policies": {"files": ["policy.*.cedar"]},
		"admin": {"address": %q}%s
	}`, p.listener, p.target, p.admin, more)
}

const permit, forbid = `permit (principal, action, resource);`, `forbid (principal, action, resource);`

// write makes a ConfigMap hold these keys and no others.
func (p *pod) write(name string, data map[string]string) {
	p.t.Helper()
	maps := p.client.CoreV1().ConfigMaps(p.namespace)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
	if _, err := maps.Update(p.t.Context(), object, metav1.UpdateOptions{}); err == nil {
		return
	}
	_, err := maps.Create(p.t.Context(), object, metav1.CreateOptions{})
	p.must(err)
}

// run runs the gateway until the test ends, or until stop is called.
func (p *pod) run() (stop func()) {
	p.t.Helper()
	host, port, _ := strings.Cut(strings.TrimPrefix(p.plane.URL(), "https://"), ":")
	cmd := exec.Command(gateway.Program(p.t), "serve", "-config-map", p.namespace+"/gw", "-directory", p.directory, "-service-account", p.account) //nolint:noctx // it is asked to end, not killed
	cmd.Env = append(os.Environ(), "KUBERNETES_SERVICE_HOST="+host, "KUBERNETES_SERVICE_PORT="+port)
	_, log := gateway.Start(p.t, cmd)
	p.mu.Lock()
	p.log = log
	p.mu.Unlock()
	return func() {
		p.t.Helper()
		p.must(cmd.Process.Signal(syscall.SIGTERM))
		p.until("that it ends", func() bool { return p.call() == 0 })
	}
}

// call gives the status of a call of an agent, 0 where nobody answers.
func (p *pod) call() int {
	status, _ := p.ask(http.MethodPost, "http://"+p.listener+"/bank", `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{}}}`)
	return status
}

// ready gives what the gateway says of itself.
func (p *pod) ready() string {
	_, text := p.ask(http.MethodGet, "http://"+p.admin+"/readyz", "")
	return text
}

func (p *pod) ask(method, url, body string) (int, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	p.must(err)
	r.Close = true
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("Mcp-Protocol-Version", "2025-11-25")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// until waits for something, and gives how long it took.
func (p *pod) until(what string, is func() bool) time.Duration {
	p.t.Helper()
	began := time.Now()
	await.NoError(p.t, what, func() error {
		if is() {
			return nil
		}
		return fmt.Errorf("the gateway's last words are\n%s", p.log.Last(20))
	})
	return time.Since(began)
}

// promised holds changes to the promise. One that is late shows what the machine is busy with; that all are shows what the gateway does.
func (p *pod) promised(took ...time.Duration) {
	p.t.Helper()
	p.t.Logf("changes were in force after %v", took)
	if slices.Min(took) > promise {
		p.t.Errorf("no change was in force within %s", promise)
	}
}

// answers waits until calls have a status.
func (p *pod) answers(status int) time.Duration {
	p.t.Helper()
	return p.until(fmt.Sprintf("that calls are answered with %d, now %d", status, p.call()), func() bool { return p.call() == status })
}
