package kube

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pemText = "-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n"

func TestConfigProblemsNameTheAttribute(t *testing.T) {
	for name, test := range map[string]struct {
		config Config
		want   string
	}{
		"host that is no URL":             {Config{Host: "kubernetes"}, `kubernetes.host: "kubernetes" is no URL`},
		"host of another scheme":          {Config{Host: "ftp://a"}, `kubernetes.host: `},
		"CA that is a path":               {Config{ClusterCACertificate: "/etc/ca.pem"}, "kubernetes.cluster_ca_certificate: no PEM block"},
		"key without certificate":         {Config{ClientKey: pemText}, "kubernetes.client_certificate: client_certificate and client_key are of use only together"},
		"unverified and verified":         {Config{Insecure: true, ClusterCACertificate: pemText}, "kubernetes.insecure: "},
		"proxy of another scheme":         {Config{ProxyURL: "gopher://a"}, "kubernetes.proxy_url: "},
		"in-cluster beside a host":        {Config{InCluster: true, Host: "https://a"}, "kubernetes.in_cluster: "},
		"exec protocol that is not there": {Config{Exec: &Exec{APIVersion: "v1", Command: "x"}}, "kubernetes.exec.api_version: "},
	} {
		t.Run(name, func(t *testing.T) {
			problems := test.config.Validate()
			if len(problems) != 1 || !strings.Contains(problems[0].Error(), test.want) {
				t.Errorf("problems are %v, want one with %q", problems, test.want)
			}
			for _, p := range problems {
				if strings.Contains(p.Error(), "MAo=") {
					t.Error("the problem quotes the key")
				}
			}
		})
	}
}

func TestEnvironmentFillsWhatIsEmpty(t *testing.T) {
	environment := map[string]string{
		"KUBE_CONFIG_PATHS": "/a" + string(filepath.ListSeparator) + "/b", "KUBE_CTX": "theirs", "KUBE_TOKEN": "secret", "KUBE_INSECURE": "true",
	}
	c := Config{ConfigContext: "ours"}
	if err := c.FromEnvironment(func(name string) string { return environment[name] }); err != nil {
		t.Fatal(err)
	}
	if len(c.ConfigPaths) != 2 || c.ConfigPaths[1] != "/b" || c.ConfigContext != "ours" || c.Token != "secret" || !c.Insecure {
		t.Errorf("config is %+v", c)
	}
	environment["KUBE_INSECURE"] = "perhaps"
	err := (&Config{}).FromEnvironment(func(name string) string { return environment[name] })
	if err == nil || !strings.Contains(err.Error(), "KUBE_INSECURE") {
		t.Errorf("got %v, want an error that names KUBE_INSECURE", err)
	}
}

func TestAttributesOverrideTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config")
	err := os.WriteFile(path, []byte(`
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://file.example.org"}}]
users: [{name: u, user: {token: from-file}}]
contexts: [{name: one, context: {cluster: c, user: u}}, {name: two, context: {cluster: c, user: u}}]
current-context: one
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{ConfigPaths: []string{path}, ConfigContext: "two", Host: "https://ours.example.org", ProxyURL: "http://127.0.0.1:3128"}
	got, err := c.REST()
	if err != nil {
		t.Fatal(err)
	}
	if got.Host != "https://ours.example.org" || got.BearerToken != "from-file" || got.Proxy == nil {
		t.Errorf("host %s, token %q, proxy %v", got.Host, got.BearerToken, got.Proxy != nil)
	}
	c.ConfigContext = "three"
	if _, err := c.REST(); err == nil || !strings.Contains(err.Error(), "three") {
		t.Errorf("got %v, want an error that names the context", err)
	}
	if _, err := (&Config{}).REST(); err == nil || !strings.Contains(err.Error(), "config_path") {
		t.Errorf("got %v, want an error that says how to name a cluster", err)
	}
	exec := Config{Host: "https://a", Exec: &Exec{APIVersion: "client.authentication.k8s.io/v1", Command: "aws", Args: []string{"eks"}, Env: map[string]string{"B": "2", "A": "1"}}}
	got, err = exec.REST()
	if err != nil || got.ExecProvider == nil || got.ExecProvider.Env[0].Name != "A" {
		t.Errorf("exec is %+v, %v", got, err)
	}
}

func FuzzConfigValidate(f *testing.F) {
	f.Add("https://a", pemText, "http://proxy")
	f.Fuzz(func(_ *testing.T, host, pem, proxy string) {
		c := Config{Host: host, ClusterCACertificate: pem, ClientCertificate: pem, ClientKey: pem, ProxyURL: proxy}
		c.Validate()
	})
}
