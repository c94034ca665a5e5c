package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// ServiceAccount is where a pod has the credentials of its service account.
const ServiceAccount = "/var/run/secrets/kubernetes.io/serviceaccount"

// Pod says how a process in a pod reaches its API server: the address from the environment that every container has, the token and the
// authority from the folder of its service account. The token is read again while it is used, since the kubelet renews it.
func Pod(getenv func(string) string, serviceAccount string) (*rest.Config, error) {
	host, port := getenv("KUBERNETES_SERVICE_HOST"), getenv("KUBERNETES_SERVICE_PORT")
	if host == "" || port == "" {
		return nil, errors.New("this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT do not say where the API server is")
	}
	token := filepath.Join(serviceAccount, "token")
	text, err := os.ReadFile(token)
	if err != nil {
		return nil, fmt.Errorf("the service account's token (does the pod have automountServiceAccountToken: true?): %w", err)
	}
	return &rest.Config{
		Host:            "https://" + net.JoinHostPort(host, port),
		BearerToken:     strings.TrimSpace(string(text)),
		BearerTokenFile: token,
		TLSClientConfig: rest.TLSClientConfig{CAFile: filepath.Join(serviceAccount, "ca.crt")},
		UserAgent:       "agent-gateway",
		Dial:            dialer.DialContext,
	}, nil
}

// dialer finds out within 20 s that an API server, or the way to it, is gone without a word: a watch on which nothing happens sends nothing.
var dialer = &net.Dialer{Timeout: 5 * time.Second, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 3}}

// client speaks of ConfigMaps and Secrets alone: a scheme with all kinds would put all of them into the program.
func client(config *rest.Config) (*rest.RESTClient, error) {
	version := schema.GroupVersion{Version: "v1"}
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(version, &corev1.ConfigMap{}, &corev1.ConfigMapList{}, &corev1.Secret{}, &corev1.SecretList{})
	metav1.AddToGroupVersion(scheme, version)
	with := rest.CopyConfig(config)
	with.GroupVersion, with.APIPath = &version, "/api"
	with.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	with.QPS = -1 // the reflectors pause by themselves
	return rest.RESTClientFor(with)
}
