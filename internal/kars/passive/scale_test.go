package passive_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
)

// crowd is an API server with many nodes and pods, which it makes up page by page. It stands in for a real one because none that can run
// here holds so many, and because it can be asked how it was asked.
type crowd struct {
	nodes, pods int
	// refuse, which may be nil, answers a request in another way, and says that it did.
	refuse func(w http.ResponseWriter, r *http.Request) bool

	mu      sync.Mutex
	pages   map[string]int // by resource
	largest map[string]int // objects in a page
}

func (c *crowd) serve(tb testing.TB) *rest.Config {
	tb.Helper()
	c.pages, c.largest = map[string]int{}, map[string]int{}
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	return &rest.Config{Host: server.URL}
}

// crowded are the kinds of which there is something.
var crowded = map[string]string{
	"v1":                     `{"name":"nodes","kind":"Node","verbs":["list"]},{"name":"pods","kind":"Pod","namespaced":true,"verbs":["list"]},{"name":"services","kind":"Service","namespaced":true,"verbs":["list"]}`,
	"apps/v1":                `{"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["list"]},{"name":"daemonsets","kind":"DaemonSet","namespaced":true,"verbs":["list"]},{"name":"statefulsets","kind":"StatefulSet","namespaced":true,"verbs":["list"]}`,
	"resource.k8s.io/v1":     `{"name":"resourceslices","kind":"ResourceSlice","verbs":["list"]}`,
	"kueue.x-k8s.io/v1beta2": `{"name":"clusterqueues","kind":"ClusterQueue","verbs":["list"]},{"name":"localqueues","kind":"LocalQueue","namespaced":true,"verbs":["list"]},{"name":"workloads","kind":"Workload","namespaced":true,"verbs":["list"]}`,
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.refuse != nil && c.refuse(w, r) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	path := strings.Trim(r.URL.Path, "/")
	switch path {
	case "version":
		fmt.Fprint(w, `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`)
		return
	case "api":
		fmt.Fprint(w, `{"kind":"APIVersions","versions":["v1"]}`)
		return
	case "apis":
		fmt.Fprint(w, `{"kind":"APIGroupList","apiVersion":"v1","groups":[`+group("apps", "v1")+","+group("resource.k8s.io", "v1")+","+group("kueue.x-k8s.io", "v1beta2")+`]}`)
		return
	}
	gv := strings.TrimPrefix(strings.TrimPrefix(path, "apis/"), "api/")
	if resources, ok := crowded[gv]; ok {
		fmt.Fprintf(w, `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":%q,"resources":[%s]}`, gv, resources)
		return
	}
	c.list(w, r, path[strings.LastIndex(path, "/")+1:])
}

func group(name, version string) string {
	gv := fmt.Sprintf(`{"groupVersion":"%s/%s","version":%[2]q}`, name, version)
	return fmt.Sprintf(`{"name":%q,"versions":[%s],"preferredVersion":%[2]s}`, name, gv)
}

// list gives the page of a list that the request asks for: everything where it sets no limit.
func (c *crowd) list(w http.ResponseWriter, r *http.Request, resource string) {
	total, object := 0, func(int) string { return "" }
	switch resource {
	case "nodes":
		total, object = c.nodes, bigNode
	case "pods":
		total, object = c.pods, bigPod
	case "resourceslices":
		total, object = c.nodes, bigSlice
	case "deployments":
		total, object = 1, func(int) string {
			return `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"kueue-controller-manager","namespace":"kueue-system","generation":1},"spec":{"replicas":1},"status":{"observedGeneration":1,"availableReplicas":1,"conditions":[{"type":"Available","status":"True"}]}}`
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil {
		limit = total
	}
	to := min(from+limit, total)
	c.mu.Lock()
	c.pages[resource]++
	c.largest[resource] = max(c.largest[resource], to-from)
	c.mu.Unlock()
	next := ""
	if to < total {
		next = strconv.Itoa(to)
	}
	fmt.Fprintf(w, `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1","continue":%q},"items":[`, next)
	for i := from; i < to; i++ {
		if i > from {
			fmt.Fprint(w, ",")
		}
		fmt.Fprint(w, object(i))
	}
	fmt.Fprint(w, "]}")
}

// The objects are as large as those of real clusters: a node lists fifty images, a pod has the fields that it gets on its way.
var (
	images = strings.TrimSuffix(strings.Repeat(`{"names":["registry.example.com/team/project/service@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","registry.example.com/team/project/service:v1.2.3"],"sizeBytes":123456789},`, 50), ",")
	env    = strings.TrimSuffix(strings.Repeat(`{"name":"SOME_VARIABLE","valueFrom":{"configMapKeyRef":{"name":"settings","key":"some.setting"}}},`, 30), ",")
)

func bigNode(i int) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Node","metadata":{"name":"node-%d","labels":{"nvidia.com/cuda.driver-version.full":"580.1"}},"status":{"capacity":{"cpu":"192","nvidia.com/gpu":"8"},"allocatable":{"cpu":"192","nvidia.com/gpu":"8"},"nodeInfo":{"containerRuntimeVersion":"containerd://2.4.2"},"runtimeHandlers":[{"name":"runc"}],"images":[%s]}}`, i, images)
}

func bigPod(i int) string {
	return fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"pod-%d","namespace":"agents","labels":{"app":"agent"}},"spec":{"nodeName":"node-%d","volumes":[{"name":"token","projected":{}}],"containers":[{"name":"agent","image":"registry.example.com/agent:1","env":[%s],"securityContext":{"privileged":false}}]},"status":{"phase":"Running"}}`, i, i/10, env)
}

func bigSlice(i int) string {
	devices := make([]string, 8)
	for d := range devices {
		devices[d] = fmt.Sprintf(`{"name":"gpu-%d","attributes":{"driverVersion":{"version":"580.1.0"},"productName":{"string":"NVIDIA H200"}},"capacity":{"memory":{"value":"141Gi"}}}`, d)
	}
	return fmt.Sprintf(`{"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"slice-%d"},"spec":{"driver":"gpu.nvidia.com","nodeName":"node-%d","devices":[%s]}}`, i, i, strings.Join(devices, ","))
}

func checklist(tb testing.TB) kars.Checklist {
	tb.Helper()
	list, err := kars.ForVersion("1.37")
	if err != nil {
		tb.Fatal(err)
	}
	return list
}

// A list is read in pages, once, whatever needs it; nothing is asked for whole.
func TestLargeListsAreReadInPagesAndOnce(t *testing.T) {
	c := &crowd{nodes: 1000, pods: 2000}
	report, err := passive.Run(t.Context(), reader(t, c.serve(t)), checklist(t), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report.Cluster.Nodes != c.nodes || report.Cluster.AcceleratorNodes != c.nodes {
		t.Errorf("the cluster is %+v", report.Cluster)
	}
	for id, want := range map[string]kars.Status{"driver_runtime_management": kars.Detected, "secure_accelerator_access": kars.Detected, "gang_scheduling": kars.Detected} {
		if r, _ := report.Result(id); r.Status != want {
			t.Errorf("%s is %s: %s %v", id, r.Status, r.Reason, r.Unread)
		}
	}
	for resource, total := range map[string]int{"nodes": c.nodes, "pods": c.pods, "resourceslices": c.nodes} {
		largest := c.largest[resource]
		if largest == 0 || largest > 250 || c.pages[resource] != (total+largest-1)/largest {
			t.Errorf("%s were read in %d pages of at most %d objects", resource, c.pages[resource], largest)
		}
	}
}

func status(w http.ResponseWriter, code int, reason, more string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d%s}`, reason, code, more)
}

// A server that asks to wait is waited for.
func TestAServerThatAsksToSlowDownIsFollowed(t *testing.T) {
	var mu sync.Mutex
	refused := map[string]time.Time{}
	tooEarly := 0
	c := &crowd{nodes: 600, pods: 600, refuse: func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		key := r.URL.RequestURI()
		at, before := refused[key]
		switch {
		case !strings.Contains(key, "limit="):
			return false
		case !before:
			refused[key] = time.Now()
			w.Header().Set("Retry-After", "1")
			status(w, http.StatusTooManyRequests, "TooManyRequests", "")
			return true
		case time.Since(at) < time.Second:
			tooEarly++
		}
		return false
	}}
	report, err := passive.Run(t.Context(), reader(t, c.serve(t)), kars.Checklist{Requirements: checklist(t).Requirements[:1]}, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := report.Results[0]; r.Status != kars.Detected || len(r.Unread) > 0 {
		t.Errorf("%s is %s: %s %v", r.ID, r.Status, r.Reason, r.Unread)
	}
	if len(refused) == 0 || tooEarly > 0 {
		t.Errorf("%d requests were refused, and %d came again too early", len(refused), tooEarly)
	}
}

// A list that takes longer than the server keeps its state for goes on with the token that the server gives for that.
func TestAListThatExpiresGoesOn(t *testing.T) {
	expired := false
	c := &crowd{nodes: 600, refuse: func(w http.ResponseWriter, r *http.Request) bool {
		from := r.URL.Query().Get("continue")
		if expired || !strings.HasSuffix(r.URL.Path, "/nodes") || from == "" {
			return false
		}
		expired = true
		status(w, http.StatusGone, "Expired", `,"metadata":{"continue":`+strconv.Quote(from)+`}`)
		return true
	}}
	report, err := passive.Run(t.Context(), reader(t, c.serve(t)), checklist(t), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !expired || report.Cluster.Nodes != 600 {
		t.Errorf("expired %v, and %d nodes were counted", expired, report.Cluster.Nodes)
	}
}

// An answer that is cut off, or no answer of an API server at all, is none.
func TestAnswersThatAreNone(t *testing.T) {
	for name, answer := range map[string]string{"half a list": `{"kind":"List","items":[{"kind":"No`, "a page of a proxy": "<html>", "a list of something else": `{"items": 7}`} {
		t.Run(name, func(t *testing.T) {
			c := &crowd{nodes: 10, refuse: func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "/nodes") {
					return false
				}
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, answer)
				return true
			}}
			report, err := passive.Run(t.Context(), reader(t, c.serve(t)), checklist(t), now, nil)
			if err != nil {
				t.Fatal(err)
			}
			r, _ := report.Result("driver_runtime_management")
			if r.Status == kars.NotDetected || len(r.Unread) == 0 {
				said, _ := json.Marshal(r.Finding)
				t.Errorf("it is %s", said)
			}
		})
	}
}

// BenchmarkPassive looks at a cluster of 5,000 nodes and 50,000 pods. The heap is that of the look and of the server that makes the
// cluster up.
func BenchmarkPassive(b *testing.B) {
	c := &crowd{nodes: 5000, pods: 50000}
	api, list := reader(b, c.serve(b)), checklist(b)
	runtime.GC()
	peak, stop := uint64(0), make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
	})
	for b.Loop() {
		if _, err := passive.Run(b.Context(), api, list, now, nil); err != nil {
			b.Fatal(err)
		}
	}
	close(stop)
	sampling.Wait()
	b.ReportMetric(float64(peak)/(1<<20), "MiB-peak")
}
