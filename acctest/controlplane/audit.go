package controlplane

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"k8s.io/client-go/discovery"
)

const auditLog = "audit.log"

// auditPolicy records that a request was made, without its body, once it has been answered.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
`

// Request is one request that the API server has answered.
type Request struct {
	Verb        string // get, list, watch, create, update, patch, delete, deletecollection
	Group       string
	Version     string
	Resource    string // plural: "pods"; empty where the path is no resource's
	Subresource string // "status"
	Namespace   string
	Name        string
	Path        string // of the URL, without the query
	DryRun      bool
	User        string
	UserAgent   string
	Code        int // HTTP status
}

// String gives the request in one line: "patch v1/configmaps agents/settings (dry run): 200".
func (r Request) String() string {
	target := r.Path
	if r.Resource != "" {
		target = strings.Trim(r.Group+"/"+r.Version+"/"+r.Resource, "/")
		if r.Subresource != "" {
			target += "/" + r.Subresource
		}
		if object := strings.Trim(r.Namespace+"/"+r.Name, "/"); object != "" {
			target += " " + object
		}
	}
	if r.DryRun {
		target += " (dry run)"
	}
	return fmt.Sprintf("%s %s: %d", r.Verb, target, r.Code)
}

// AuditMark is a point in the API server's audit log.
type AuditMark int64

// Mark gives the present end of the audit log, for a later call of Requests.
func (c *ControlPlane) Mark() (AuditMark, error) {
	if c.existing {
		return 0, fmt.Errorf("find the end of the audit log: %w", ErrNotOurs)
	}
	info, err := os.Stat(c.path(auditLog))
	if err != nil {
		return 0, fmt.Errorf("find the end of the audit log: %w", err)
	}
	return AuditMark(info.Size()), nil
}

// Requests gives the requests that the API server has answered since the mark (0: since it first started), in the order in
// which it recorded them, save its own and those of its other components. Keep decides which ones to return; nil keeps all.
func (c *ControlPlane) Requests(ctx context.Context, since AuditMark, keep func(Request) bool) ([]Request, error) {
	if c.existing {
		return nil, fmt.Errorf("read the audit log: %w", ErrNotOurs)
	}
	marker, err := c.leaveMarker(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	for {
		requests, found, err := c.readAudit(since, marker, keep)
		if err != nil || found {
			return requests, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read the audit log: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// leaveMarker makes a request of its own. The log is complete up to it once it shows there: the API server records a request
// before it ends the answer.
func (c *ControlPlane) leaveMarker(ctx context.Context) (string, error) {
	client, err := discovery.NewDiscoveryClientForConfig(c.Config())
	if err != nil {
		return "", err
	}
	marker := fmt.Sprintf("agentward-marker-%d", time.Now().UnixNano())
	return marker, client.RESTClient().Get().AbsPath("/version").Param("marker", marker).Do(ctx).Error()
}

func (c *ControlPlane) readAudit(since AuditMark, marker string, keep func(Request) bool) (requests []Request, found bool, err error) {
	file, err := os.Open(c.path(auditLog))
	if err != nil {
		return nil, false, fmt.Errorf("read the audit log: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(int64(since), io.SeekStart); err != nil {
		return nil, false, fmt.Errorf("read the audit log: %w", err)
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if strings.Contains(lines.Text(), marker) {
			return requests, true, nil
		}
		request, ours, err := parseAudit(lines.Bytes())
		if err != nil {
			return nil, false, err
		}
		if ours && (keep == nil || keep(request)) {
			requests = append(requests, request)
		}
	}
	return nil, false, lines.Err()
}

func parseAudit(line []byte) (Request, bool, error) {
	var event struct {
		Stage      string
		Verb       string
		RequestURI string
		UserAgent  string
		User       struct{ Username string }
		ObjectRef  struct{ APIGroup, APIVersion, Resource, Subresource, Namespace, Name string }

		ResponseStatus struct{ Code int }
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return Request{}, false, fmt.Errorf("read the audit log: %w", err)
	}
	uri, err := url.ParseRequestURI(event.RequestURI)
	if err != nil {
		return Request{}, false, fmt.Errorf("read the audit log: %w", err)
	}
	ref := event.ObjectRef
	request := Request{
		Verb: event.Verb, Group: ref.APIGroup, Version: ref.APIVersion, Resource: ref.Resource, Subresource: ref.Subresource,
		Namespace: ref.Namespace, Name: ref.Name, Path: uri.Path, DryRun: uri.Query().Has("dryRun"),
		User: event.User.Username, UserAgent: event.UserAgent, Code: event.ResponseStatus.Code,
	}
	own := request.User == "system:apiserver" || request.User == "system:kube-controller-manager" || request.User == "system:kube-scheduler" ||
		strings.HasPrefix(request.User, "system:serviceaccount:kube-system:") || strings.Contains(uri.RawQuery, "marker=agentward-marker-")
	// A watch is recorded when it starts and again when it ends.
	done := event.Stage == "ResponseComplete" && event.Verb != "watch" || event.Stage == "ResponseStarted" && event.Verb == "watch"
	return request, done && !own, nil
}
