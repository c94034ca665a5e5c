package scenarios_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
	"github.com/agentward/terraform-provider-agent/acctest/platform/probe"
	"github.com/agentward/terraform-provider-agent/internal/gateway/audit"
)

const (
	// metadataAddress is where clouds serve machines their credentials.
	metadataAddress = "169.254.169.254"
	// internetAddress is somebody's outside (RFC 5737): a policy that lets it be reached lets everything.
	internetAddress = "198.51.100.7"
	// biteTime is how long the cluster's network has to enforce a policy. Where it takes longer, the test takes it for one that enforces none.
	biteTime = 20 * time.Second
)

// An agent that goes around the gateway finds no way: not to the tool, the API server, the machine's credentials or the internet. Where the
// cluster's network enforces NetworkPolicies, it is tried; everywhere the objects are read as such a network reads them.
func TestNoWayAroundTheGateway(t *testing.T) {
	t.Parallel()
	s := enter(t, "network")
	s.run(s.Server(s.Bank(s.tools, "bank")))
	s.govern(s.identity("assistant", ""))
	assistant := s.start("assistant", 1)[0]
	tool := s.podEnd(s.tools, &metav1.LabelSelector{MatchLabels: map[string]string{"app": "bank"}})
	server := s.apiServer()
	for what, address := range map[string]string{"the tool": at(tool.address, 3000), "the API server": server.String()} {
		if c := assistant.reaches(address); !c.Connected {
			t.Fatalf("before there is any policy the agent does not reach %s: %s", what, c.Error)
		}
	}
	enforced := s.enforced(assistant, at(tool.address, 3000))
	if !enforced {
		t.Log("the network of this cluster does not enforce NetworkPolicies: what is refused is read from the objects, and is not tried")
	}
	// The API server of a cluster of one node is at the agent's own node, and some networks decide only on what leaves that.
	enforcedAtNode := enforced && s.enforced(assistant, server.String())
	if enforced && !enforcedAtNode {
		t.Log("the network of this cluster lets pods reach their own node whatever NetworkPolicies say: the way to the API server is not tried")
	}

	s.govern(s.identity("assistant", "") + s.opened(`
  token_service = {}
  targets = {
    bank = {
      protocol = "mcp"
      url      = "http://bank.`+s.tools+`.svc:3000/mcp"
      workload = { namespace = "`+s.tools+`", selector = { match_labels = { app = "bank" } } }
    }
  }
  allow   = { balance = { agents = [agent_identity.assistant.principal], target = "bank", tools = ["balance"] } }
  network = { agents = [{ namespace = "`+s.agents+`" }] }`))
	s.serving()
	assistant.settle()
	if permitted := assistant.tool("bank", "balance", map[string]any{"account": "7"}); permitted.Error != "" || !strings.Contains(permitted.Text, "1234 euro") {
		t.Fatalf("the way through the gateway: %+v", permitted)
	}
	s.recorded("the call through the gateway", assistant, func(r audit.Record) bool { return r.Tool == "balance" && r.Decision == "allow" })

	agent := s.podEnd(s.agents, &metav1.LabelSelector{MatchLabels: map[string]string{"agentward.dev/agent": "assistant"}})
	gateway := s.podEnd(s.gateway, gatewayPods)
	names := s.podEnd("kube-system", &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}})
	another := s.podEnd("redis", &metav1.LabelSelector{MatchLabels: map[string]string{"app": "redis"}})
	policies := s.network()
	for name, c := range map[string]struct {
		from, to end
		protocol corev1.Protocol
		port     int32
		want     bool
	}{
		"an agent asks for names":                  {agent, names, corev1.ProtocolUDP, 53, true},
		"an agent asks for long names":             {agent, names, corev1.ProtocolTCP, 53, true},
		"an agent calls the gateway":               {agent, gateway, corev1.ProtocolTCP, 8443, true},
		"the gateway calls the tool":               {gateway, tool, corev1.ProtocolTCP, 3000, true},
		"an agent calls the tool":                  {agent, tool, corev1.ProtocolTCP, 3000, false},
		"an agent calls the tool at another port":  {agent, tool, corev1.ProtocolTCP, 53, false},
		"somebody else calls the tool":             {another, tool, corev1.ProtocolTCP, 3000, false},
		"an agent calls the gateway's admin port":  {agent, gateway, corev1.ProtocolTCP, 9090, false},
		"an agent calls another agent":             {agent, agent, corev1.ProtocolTCP, 8080, false},
		"an agent calls another pod":               {agent, another, corev1.ProtocolTCP, 6379, false},
		"an agent calls the API server":            {agent, end{address: server.Addr()}, corev1.ProtocolTCP, int32(server.Port()), false},
		"an agent calls the metadata address":      {agent, end{address: netip.MustParseAddr(metadataAddress)}, corev1.ProtocolTCP, 80, false},
		"an agent asks the metadata address names": {agent, end{address: netip.MustParseAddr(metadataAddress)}, corev1.ProtocolUDP, 53, false},
		"an agent calls the internet":              {agent, end{address: netip.MustParseAddr(internetAddress)}, corev1.ProtocolTCP, 443, false},
		"an agent asks the internet for names":     {agent, end{address: netip.MustParseAddr(internetAddress)}, corev1.ProtocolUDP, 53, false},
	} {
		if got := policies.allows(c.from, c.to, c.protocol, c.port); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if !network(nil).allows(c.from, c.to, c.protocol, c.port) {
			t.Errorf("%s: without policies it is closed too, which says nothing of them", name)
		}
	}
	if !enforced {
		return
	}
	for what, address := range map[string]string{
		"the tool": at(tool.address, 3000), "the API server": server.String(),
		"the metadata address": net.JoinHostPort(metadataAddress, "80"), "the internet": net.JoinHostPort(internetAddress, "443"),
	} {
		cluster.Eventually(t, "the agent no longer reaches "+what, func(ctx context.Context) error {
			c, err := assistant.triesToReach(ctx, address)
			if err == nil && c.Connected {
				err = errors.New("it does, at " + address)
			}
			return err
		})
	}
	assistant.finds(at(gateway.address, 8443))
}

// at is an address with a port.
func at(address netip.Addr, port int) string {
	return net.JoinHostPort(address.String(), strconv.Itoa(port))
}

// apiServer is where the API server is behind its Service.
func (s *stage) apiServer() netip.AddrPort {
	s.Helper()
	slices, err := s.API.DiscoveryV1().EndpointSlices("default").List(s.step(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=kubernetes"})
	if err != nil || len(slices.Items) == 0 || len(slices.Items[0].Endpoints) == 0 || len(slices.Items[0].Ports) == 0 {
		s.Fatalf("the endpoints of the API server: %v", err)
	}
	of := slices.Items[0]
	return netip.AddrPortFrom(netip.MustParseAddr(of.Endpoints[0].Addresses[0]), uint16(*of.Ports[0].Port)) //nolint:gosec // it is a port
}

// enforced tries out whether the cluster's network enforces NetworkPolicies: with one that lets nothing out, an agent reaches nothing.
func (s *stage) enforced(by *agent, address string) bool {
	s.Helper()
	closed := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": networkingv1.SchemeGroupVersion.String(), "kind": "NetworkPolicy",
		"metadata": map[string]any{"name": "probe", "namespace": s.agents},
		"spec":     map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Egress"}},
	}}
	s.apply(closed)
	bites := false
	for deadline := time.Now().Add(biteTime); !bites && time.Now().Before(deadline); time.Sleep(time.Second) {
		bites = !by.reaches(address).Connected
	}
	if err := s.Platform.Delete(s.step(), closed); err != nil {
		s.Fatal(err)
	}
	if bites {
		by.finds(address)
	}
	return bites
}

// reaches says whether the agent gets a TCP connection to an address.
func (a *agent) reaches(address string) *probe.Connected {
	a.Helper()
	c, err := a.triesToReach(a.step(), address)
	if err != nil {
		a.Fatal(err)
	}
	return c
}

// triesToReach is reaches where something may keep the agent from trying.
func (a *agent) triesToReach(ctx context.Context, address string) (*probe.Connected, error) {
	return tries[*probe.Connected](ctx, a, probe.Connect, probe.Connection{Address: address, Timeout: 10 * time.Second})
}

// finds waits until the agent gets a TCP connection to an address, and gives how long that took.
func (a *agent) finds(address string) time.Duration {
	a.Helper()
	return cluster.Eventually(a, "the agent reaches "+address, func(ctx context.Context) error {
		c, err := a.triesToReach(ctx, address)
		if err == nil && !c.Connected {
			err = errors.New(c.Error)
		}
		return err
	})
}
