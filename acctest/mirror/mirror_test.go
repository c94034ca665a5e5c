package mirror_test

import (
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
)

func TestAChangeIsInForceWithinTwoSeconds(t *testing.T) {
	p := start(t)
	p.grant([]string{"gw"}, nil)
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit})
	p.run()
	p.answers(http.StatusOK)

	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": forbid})
	policy := p.answers(http.StatusForbidden)
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit, "policy.more.cedar": permit})
	another := p.answers(http.StatusOK)
	suspended := `, "suspended": ["spiffe://example.org/ns/demo/agent/a"]`
	p.write("gw", map[string]string{"gateway.json": p.configuration(suspended), "policy.all.cedar": permit})
	suspension := p.until("that the agent is suspended", func() bool { return p.call() != http.StatusOK })
	p.promised(policy, another, suspension)

	// A policy that is none is refused: the last good configuration stays, and says so.
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": "permit (principal, action"})
	p.log.Wait(t, "policy.all.cedar:1:")
	p.until("that the newest is refused", func() bool { return strings.Contains(p.ready(), "the newest cannot be used") })
	if status := p.call(); status == http.StatusOK {
		t.Error("a suspension ended with a configuration that cannot be used")
	}
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit})
	p.answers(http.StatusOK)
}

func TestASuspensionHoldsWithinTwoSecondsWhateverElseIsWrong(t *testing.T) {
	p := start(t)
	p.grant([]string{"gw", "gw-suspended"}, nil)
	data := map[string]string{
		"gateway.json": p.configuration(`, "suspended_files": ["../suspended/*"]`), "policy.all.cedar": permit,
		"mirrors.json": `[{"kind":"ConfigMap","namespace":"agents","name":"gw-suspended","directory":"suspended"}]`,
	}
	p.write("gw", data)
	p.write("gw-suspended", nil)
	p.run()
	p.answers(http.StatusOK)

	const suspended = "# by whom and why\nspiffe://example.org/ns/demo/agent/a\n"
	cut := func() bool { return p.call() != http.StatusOK }
	p.write("gw-suspended", map[string]string{"demo.a": suspended})
	alone := p.until("that the agent is suspended", cut)
	p.write("gw-suspended", map[string]string{"demo.b": "spiffe://example.org/ns/demo/agent/b"})
	p.answers(http.StatusOK)

	// The configuration on its way cannot be used; and then it waits for something.
	p.write("gw", map[string]string{"gateway.json": "{", "mirrors.json": data["mirrors.json"]})
	p.until("that the newest is refused", func() bool { return strings.Contains(p.ready(), "the newest cannot be used") })
	p.write("gw-suspended", map[string]string{"demo.a": suspended, "demo.b": "spiffe://misspelt/"})
	besideOther := p.until("that the agent is suspended beside a configuration that cannot be used", cut)
	p.write("gw-suspended", nil)
	p.answers(http.StatusOK)
	waits := maps.Clone(data)
	waits["mirrors.json"] = strings.Replace(data["mirrors.json"], "[", `[{"kind":"ConfigMap","namespace":"agents","name":"late","directory":"late"},`, 1)
	p.write("gw", waits)
	p.log.Wait(t, "waits for what it needs")
	p.write("gw-suspended", map[string]string{"demo.a": suspended})
	besideLate := p.until("that the agent is suspended beside one that waits", cut)
	p.promised(alone, besideOther, besideLate)

	// A ConfigMap that is gone ends no suspension.
	p.must(p.client.CoreV1().ConfigMaps(p.namespace).Delete(t.Context(), "gw-suspended", metav1.DeleteOptions{}))
	p.log.Wait(t, "it is gone; its last copy holds", "gw-suspended")
	p.write("gw", data)
	p.until("that it is taken over", func() bool { return !strings.Contains(p.ready(), "the newest cannot be used") })
	if !cut() {
		t.Error("the suspension ended with the ConfigMap")
	}
}

func TestItAsksForItsObjectsAndForNothingElse(t *testing.T) {
	p := start(t)
	p.grant([]string{"gw", "gw-suspended"}, []string{"gw-keys"})
	p.write("gw", map[string]string{
		"gateway.json": p.configuration(""), "policy.all.cedar": permit,
		"mirrors.json": `[{"kind":"Secret","namespace":"agents","name":"gw-keys","directory":"keys"},
			{"kind":"ConfigMap","namespace":"agents","name":"gw-suspended","directory":"suspended","optional":true}]`,
	})
	p.secret("gw-keys")
	p.secret("another")
	mark, err := p.plane.Mark()
	p.must(err)
	p.run()
	p.answers(http.StatusOK)
	var asked []string
	requests, err := p.plane.Requests(t.Context(), mark, func(r controlplane.Request) bool { return strings.HasSuffix(r.User, ":"+p.namespace+":"+account) })
	p.must(err)
	for _, r := range requests {
		if !slices.Contains([]string{"get", "list", "watch"}, r.Verb) || !slices.Contains([]string{"gw", "gw-keys", "gw-suspended"}, r.Name) {
			asked = append(asked, r.String())
		}
	}
	if len(asked) > 0 || len(requests) == 0 {
		t.Errorf("of %d requests these are too much: %q", len(requests), asked)
	}
}

func TestAConfigurationWaitsForWhatItNeeds(t *testing.T) {
	p := start(t)
	p.grant([]string{"gw"}, []string{"gw-keys", "late"})
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit})
	p.run()
	p.answers(http.StatusOK)

	// The policies of the new one are in a Secret that is not there yet.
	elsewhere := strings.Replace(p.configuration(""), `"policy.*.cedar"`, `"../secrets/late/key"`, 1)
	p.write("gw", map[string]string{"gateway.json": elsewhere, "mirrors.json": `[{"kind":"Secret","namespace":"agents","name":"late","directory":"secrets/late"}]`})
	p.log.Wait(t, "waits for what it needs", "Secret agents/late")
	if status := p.call(); status != http.StatusOK {
		t.Errorf("meanwhile calls are answered with %d", status)
	}
	p.log.Wait(t, "configuration cannot be used", "Secret agents/late: there is none of this name")
	if status := p.call(); status != http.StatusOK {
		t.Errorf("calls are answered with %d after it was refused", status)
	}
	p.secret("late", "key", forbid)
	p.answers(http.StatusForbidden)

	// What is needed no longer goes.
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit})
	p.answers(http.StatusOK)
	p.until("that the copy goes", func() bool { return len(glob(t, p.directory, "secrets/*")) == 0 })
}

func TestAStartWaitsForTheConfigurationAndForTheRightToReadIt(t *testing.T) {
	p := start(t)
	p.run()
	p.log.Wait(t, "not followed for now", "grant get, list and watch")
	p.log.Wait(t, "msg=waiting", "grant get, list and watch")
	p.grant([]string{"gw"}, nil)
	p.log.Wait(t, "msg=waiting", "there is none of this name")
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": "permit"})
	p.log.Wait(t, "waiting for another")
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit})
	p.answers(http.StatusOK)
}

func TestTheAPIServerMayBeAway(t *testing.T) {
	p := start(t)
	p.grant([]string{"gw"}, []string{"gw-keys"})
	p.secret("gw-keys", "1", "x")
	mirrors := `[{"kind":"Secret","namespace":"agents","name":"gw-keys","directory":"keys"}]`
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit, "mirrors.json": mirrors})
	stop := p.run()
	p.answers(http.StatusOK)

	p.must(p.plane.StopAPIServer())
	p.until("that it is known to be away", func() bool { return strings.Contains(p.ready(), "the API server does not answer") })
	if status := p.call(); status != http.StatusOK {
		t.Errorf("calls are answered with %d while the API server is away", status)
	}
	if text := p.ready(); !strings.HasPrefix(text, "ok") {
		t.Errorf("it is not ready while the API server is away: %s", text)
	}

	// A container that is started again meanwhile goes on with what the one before left.
	stop()
	p.run()
	t.Logf("a start without an API server: %s", p.answers(http.StatusOK))

	// Long enough that it is asked as rarely as it ever is.
	time.Sleep(5 * time.Second)
	p.must(p.plane.StartAPIServer(t.Context()))
	t.Logf("it is followed again after %s", p.until("that nothing is wrong", func() bool { return p.ready() == "ok\n" }))
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": forbid, "mirrors.json": mirrors})
	t.Logf("a change after the API server came back: %s", p.answers(http.StatusForbidden))
	p.write("gw", map[string]string{"gateway.json": p.configuration(""), "policy.all.cedar": permit, "mirrors.json": mirrors})
	p.answers(http.StatusOK)
}

// secret makes a Secret of keys and values.
func (p *pod) secret(name string, pairs ...string) {
	p.t.Helper()
	data := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		data[pairs[i]] = pairs[i+1]
	}
	_, err := p.client.CoreV1().Secrets(p.namespace).Create(p.t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: data}, metav1.CreateOptions{})
	p.must(err)
}

func glob(t *testing.T, folder, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
