package platform

import (
	"bytes"
	"fmt"
	"strings"
	"text/template"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/agentward/terraform-provider-agent/acctest/cluster"
)

// Agents are replicas of an agent that does what tests tell it (package probe).
type Agents struct {
	Namespace, Name string
	Replicas        int
	Labels          map[string]string // of the pods, besides the one that names the agent
}

// Server is something that agents call: a Deployment, and a Service of its name.
type Server struct {
	Namespace, Name string
	Image           string
	Args            []string
	Port            int
	Labels          map[string]string // of the pods, besides "app" with the name
}

// Agents gives the objects of an agent's replicas.
func (p *Platform) Agents(a Agents) ([]*unstructured.Unstructured, error) {
	return objects("agents.yaml", map[string]any{
		"Namespace": a.Namespace, "Name": a.Name, "Replicas": a.Replicas, "Labels": a.Labels, "Image": p.Images.Agent,
		"SocketFolder": SocketFolder, "SocketFile": SocketFile,
	})
}

// Server gives the objects of a server.
func (p *Platform) Server(s Server) ([]*unstructured.Unstructured, error) {
	return objects("server.yaml", s)
}

// Everything is the MCP SDK's server for the conformance suite; its URL is http://NAME.NAMESPACE:3000.
func (p *Platform) Everything(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.EverythingServer, Args: []string{"-http", ":3000"}, Port: 3000}
}

// Bank is an MCP server with a tool that takes money; its URL is http://NAME.NAMESPACE:3000/mcp.
func (p *Platform) Bank(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.Bank, Args: []string{"-listen", ":3000"}, Port: 3000}
}

// Kitchen is an MCP server with sessions; its URL is http://NAME.NAMESPACE:3000/mcp.
func (p *Platform) Kitchen(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.Kitchen, Args: []string{"-listen", ":3000"}, Port: 3000}
}

// A2A is an A2A agent; its URL is http://NAME.NAMESPACE:3000.
func (p *Platform) A2A(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.A2A, Args: []string{"-listen", ":3000", "-public", name + "." + namespace + ":3000"}, Port: 3000}
}

// REST is an API of customers; its URL is http://NAME.NAMESPACE:3000/v1.
func (p *Platform) REST(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.REST, Args: []string{"-listen", ":3000"}, Port: 3000}
}

// Shop is a service of gRPC without TLS; its URL is http://NAME.NAMESPACE:3000.
func (p *Platform) Shop(namespace, name string) Server {
	return Server{Namespace: namespace, Name: name, Image: p.Images.Shop, Args: []string{"-listen", ":3000"}, Port: 3000}
}

// objects fills a manifest.
func objects(manifest string, with any) ([]*unstructured.Unstructured, error) {
	text, err := template.ParseFS(manifests, "manifests/"+manifest)
	if err != nil {
		return nil, err
	}
	var filled bytes.Buffer
	if err := text.Execute(&filled, with); err != nil {
		return nil, err
	}
	if strings.Contains(filled.String(), "<no value>") {
		return nil, fmt.Errorf("%s: a value is missing", manifest)
	}
	made, err := cluster.Read(filled.Bytes())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifest, err)
	}
	return made, nil
}
