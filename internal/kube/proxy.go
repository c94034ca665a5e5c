package kube

import (
	"context"
	"fmt"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// Ask gives what a pod answers to GET on one of its ports, through the API server, which needs pods/proxy to be permitted. An answer
// that is no success is an error.
func (c *Client) Ask(ctx context.Context, namespace, pod string, port int, path string) ([]byte, error) {
	answer, err := c.discovery.RESTClient().Get().
		AbsPath("/api/v1/namespaces", namespace, "pods", fmt.Sprintf("%s:%d", pod, port), "proxy", strings.TrimPrefix(path, "/")).
		Do(ctx).Raw()
	if err != nil {
		return nil, wrap("ask", stack.Key{Version: "v1", Kind: "Pod", Namespace: namespace, Name: pod}, err)
	}
	return answer, nil
}
