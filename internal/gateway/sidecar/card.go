package sidecar

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/a2a"
)

// destination is what of the gateway's a request to the sidecar is for: a path below the target's, or, for gRPC, which has no path below
// which services are, the service itself.
func (s *Sidecar) destination(r *http.Request) *url.URL {
	u := *s.o.Target
	u.RawQuery = r.URL.RawQuery
	path, raw := r.URL.Path, r.URL.EscapedPath()
	switch {
	case grpc(r), s.base != "": // as they are at the gateway
		u.Path, u.RawPath = path, raw
	case path == "/" || path == "":
	default:
		base := strings.TrimSuffix(u.EscapedPath(), "/")
		u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+path, base+raw
	}
	return &u
}

// grpc says that a request is one of gRPC.
func grpc(r *http.Request) bool {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return media == "application/grpc" || strings.HasPrefix(media, "application/grpc+")
}

// replayable says that all of a request's body can be had before it is passed on. Calls of gRPC may go on for as long as their answers; those
// of A2A take one message each.
func replayable(r *http.Request) bool {
	_, _, agent := a2a.Service(r.URL.Path)
	return !grpc(r) || agent
}

// returned changes what of an answer only the sidecar's client can use: statuses of gRPC without messages, which net/http's proxy would
// lose, and agent cards, whose URLs become the sidecar's.
func (s *Sidecar) returned(response *http.Response) error {
	asked := response.Request
	if status := response.Header.Get("Grpc-Status"); status != "" && grpc(asked) {
		response.Trailer = http.Header{}
		for _, name := range []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin", "Agent-Gateway-Policies"} {
			if values, ok := response.Header[name]; ok {
				response.Trailer[name] = values
				response.Header.Del(name)
			}
		}
	}
	if response.StatusCode != http.StatusOK || asked.Method != http.MethodGet || asked.URL.Path != strings.TrimSuffix(s.o.Target.Path, "/")+a2a.WellKnown {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, a2a.MaxCard+1))
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	here, _ := asked.Context().Value(host{}).(string)
	gateway := s.o.Target.Host
	if s.o.Target.Port() == "" {
		gateway = net.JoinHostPort(s.o.Target.Hostname(), "443")
	}
	local, err := a2a.Local(text, map[string]string{s.o.Target.String(): "http://" + here + s.base, gateway: here})
	if err != nil {
		return fmt.Errorf("the gateway's answer: %w", err)
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(local)), int64(len(local))
	response.Header.Set("Content-Length", strconv.Itoa(len(local)))
	return nil
}

// host is the key of the name that a client calls the sidecar by.
type host struct{}
