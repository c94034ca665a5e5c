package kube

import (
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/agentward/terraform-provider-agent/internal/spec"
)

// Config says which cluster to talk to and with which credentials. Fields are named, and read from the environment, as in
// hashicorp/kubernetes.
type Config struct {
	ConfigPaths           []string
	ConfigContext         string
	ConfigContextAuthInfo string
	ConfigContextCluster  string

	Host                 string
	ClusterCACertificate string // PEM
	ClientCertificate    string // PEM
	ClientKey            string // PEM
	Token                string
	Username, Password   string
	TLSServerName        string
	ProxyURL             string
	Insecure             bool
	Exec                 *Exec
	InCluster            bool
}

// Exec is a command that prints an ExecCredential.
type Exec struct {
	APIVersion string
	Command    string
	Args       []string
	Env        map[string]string
}

// FromEnvironment fills what is empty from KUBE_* variables.
func (c *Config) FromEnvironment(getenv func(string) string) error {
	if len(c.ConfigPaths) == 0 {
		if paths := getenv("KUBE_CONFIG_PATHS"); paths != "" {
			c.ConfigPaths = filepath.SplitList(paths)
		} else if path := getenv("KUBE_CONFIG_PATH"); path != "" {
			c.ConfigPaths = []string{path}
		}
	}
	for variable, field := range map[string]*string{
		"KUBE_CTX":                  &c.ConfigContext,
		"KUBE_CTX_AUTH_INFO":        &c.ConfigContextAuthInfo,
		"KUBE_CTX_CLUSTER":          &c.ConfigContextCluster,
		"KUBE_HOST":                 &c.Host,
		"KUBE_CLUSTER_CA_CERT_DATA": &c.ClusterCACertificate,
		"KUBE_CLIENT_CERT_DATA":     &c.ClientCertificate,
		"KUBE_CLIENT_KEY_DATA":      &c.ClientKey,
		"KUBE_TOKEN":                &c.Token,
		"KUBE_USER":                 &c.Username,
		"KUBE_PASSWORD":             &c.Password,
		"KUBE_TLS_SERVER_NAME":      &c.TLSServerName,
		"KUBE_PROXY_URL":            &c.ProxyURL,
	} {
		if *field == "" {
			*field = getenv(variable)
		}
	}
	if text := getenv("KUBE_INSECURE"); text != "" && !c.Insecure {
		insecure, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("KUBE_INSECURE is %q, which is neither true nor false", text)
		}
		c.Insecure = insecure
	}
	return nil
}

// Validate checks the values by themselves, without reading files or contacting anything. Paths are attribute names.
func (c *Config) Validate() spec.Problems {
	var ps spec.Problems
	at := func(name string) []any { return []any{"kubernetes", name} }
	for name, text := range map[string]string{"client_certificate": c.ClientCertificate, "client_key": c.ClientKey, "cluster_ca_certificate": c.ClusterCACertificate} {
		if block, _ := pem.Decode([]byte(text)); text != "" && block == nil {
			ps.Add(at(name), "no PEM block; give the text itself, as from file(…), not a path and not base64")
		}
	}
	if c.Host != "" {
		if u, err := url.Parse(c.Host); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			ps.Add(at("host"), `%q is no URL of an API server, as "https://203.0.113.7:6443"`, c.Host)
		}
	}
	if c.ProxyURL != "" {
		if u, err := url.Parse(c.ProxyURL); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
			ps.Add(at("proxy_url"), "not a URL of scheme http, https or socks5")
		}
	}
	if c.Insecure && c.ClusterCACertificate != "" {
		ps.Add(at("insecure"), "the server cannot be left unverified and be verified by cluster_ca_certificate; set one of them")
	}
	if (c.ClientCertificate == "") != (c.ClientKey == "") {
		ps.Add(at("client_certificate"), "client_certificate and client_key are of use only together")
	}
	if c.InCluster && (c.Host != "" || len(c.ConfigPaths) > 0) {
		ps.Add(at("in_cluster"), "in_cluster takes everything from the pod; leave host and config_path out")
	}
	if c.Exec != nil && c.Exec.APIVersion != "client.authentication.k8s.io/v1" && c.Exec.APIVersion != "client.authentication.k8s.io/v1beta1" {
		ps.Add([]any{"kubernetes", "exec", "api_version"}, "%q is no version of the exec protocol; use client.authentication.k8s.io/v1", c.Exec.APIVersion)
	}
	slices.SortFunc(ps, func(a, b spec.Problem) int { return strings.Compare(a.Error(), b.Error()) })
	return ps
}

// errNoCluster says that nothing names a cluster.
var errNoCluster = errors.New("no cluster is configured: set config_path, host or in_cluster in the provider's kubernetes block, or KUBE_CONFIG_PATH")

// REST gives the client configuration. It reads the files that are named.
func (c *Config) REST() (*rest.Config, error) {
	if c.InCluster {
		config, err := rest.InClusterConfig()
		if err != nil {
			return nil, fmt.Errorf("kubernetes.in_cluster: %w", err)
		}
		return config, nil
	}
	rules := &clientcmd.ClientConfigLoadingRules{}
	for _, path := range c.ConfigPaths {
		path, err := expandHome(path)
		if err != nil {
			return nil, fmt.Errorf("kubernetes.config_path: %w", err)
		}
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("kubernetes.config_path: %w", err)
		}
		rules.Precedence = append(rules.Precedence, path)
	}
	if len(rules.Precedence) == 0 && c.Host == "" {
		return nil, errNoCluster
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, c.overrides()).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("kubernetes: %w", err)
	}
	if c.ProxyURL != "" {
		proxy, err := url.Parse(c.ProxyURL)
		if err != nil {
			return nil, errors.New("kubernetes.proxy_url is no URL")
		}
		config.Proxy = http.ProxyURL(proxy)
	}
	return config, nil
}

func (c *Config) overrides() *clientcmd.ConfigOverrides {
	o := &clientcmd.ConfigOverrides{CurrentContext: c.ConfigContext}
	o.Context.AuthInfo = c.ConfigContextAuthInfo
	o.Context.Cluster = c.ConfigContextCluster
	o.ClusterInfo.Server = c.Host
	o.ClusterInfo.CertificateAuthorityData = []byte(c.ClusterCACertificate)
	o.ClusterInfo.InsecureSkipTLSVerify = c.Insecure
	o.ClusterInfo.TLSServerName = c.TLSServerName
	o.AuthInfo.ClientCertificateData = []byte(c.ClientCertificate)
	o.AuthInfo.ClientKeyData = []byte(c.ClientKey)
	o.AuthInfo.Token = c.Token
	o.AuthInfo.Username = c.Username
	o.AuthInfo.Password = c.Password
	if c.Exec != nil {
		exec := &clientcmdapi.ExecConfig{
			APIVersion:      c.Exec.APIVersion,
			Command:         c.Exec.Command,
			Args:            c.Exec.Args,
			InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
		}
		for _, name := range slices.Sorted(maps.Keys(c.Exec.Env)) {
			exec.Env = append(exec.Env, clientcmdapi.ExecEnvVar{Name: name, Value: c.Exec.Env[name]})
		}
		o.AuthInfo.Exec = exec
	}
	return o
}

func expandHome(path string) (string, error) {
	rest, ok := strings.CutPrefix(path, "~/")
	if !ok {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("expand %q: %w", path, err)
	}
	return filepath.Join(home, rest), nil
}
