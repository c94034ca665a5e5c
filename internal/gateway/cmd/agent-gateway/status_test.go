package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/await"
	"github.com/agentward/terraform-provider-agent/acctest/port"
)

// inForce waits until /status says what a test waits for, and gives it.
func inForce(t *testing.T, admin string, wanted func(status map[string]any) bool) map[string]any {
	t.Helper()
	var status map[string]any
	await.NoError(t, "another status", func() error {
		response, err := http.Get("http://" + admin + "/status")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		status = nil
		if err := json.NewDecoder(response.Body).Decode(&status); err != nil {
			t.Fatal(err)
		}
		if !wanted(status) {
			return fmt.Errorf("it is %v", status)
		}
		return nil
	})
	return status
}

// refusedAs waits until a revision is refused for a reason, and gives that.
func refusedAs(t *testing.T, admin, revision, reason string) string {
	t.Helper()
	status := inForce(t, admin, func(status map[string]any) bool {
		refused, _ := status["refused"].(map[string]any)
		return refused != nil && refused["revision"] == revision && strings.Contains(fmt.Sprint(refused["error"]), reason)
	})
	return fmt.Sprint(status["refused"].(map[string]any)["error"]) //nolint:forcetypeassert // it was looked at above
}

// operated is a gateway that a test changes the files of.
type operated struct {
	folder, admin string
	at            string // where its agent calls it
	text          []byte // of the configuration
}

func operate(t *testing.T, more string) *operated {
	t.Helper()
	_, bank := example(t)
	o := &operated{folder: filepath.Join(copied(t), "operating"), admin: port.Address(t)}
	text, err := os.ReadFile(filepath.Join(o.folder, "gateway.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for old, address := range map[string]string{"127.0.0.1:3000": bank, "127.0.0.1:8443": port.Address(t), "127.0.0.1:9901": o.admin} {
		text = bytes.ReplaceAll(text, []byte(old), []byte(address))
	}
	o.text = append([]byte(more+"\n"), bytes.ReplaceAll(text, []byte("agent_rate  = 1\n    agent_burst = 3"), []byte("agent_rate = 1000"))...)
	o.write(t, "gateway.hcl", string(o.text))
	gateway, gatewayTo := newLines()
	start(t, io.Discard, gatewayTo, "serve", "-config", filepath.Join(o.folder, "gateway.hcl"))
	gateway.wait(t, "msg=serving", "target=bank")
	sidecar, sidecarTo := newLines()
	start(t, io.Discard, sidecarTo, "sidecar", "-config", filepath.Join(o.folder, "gateway.hcl"), "-agent", "demo/assistant", "-listen", "127.0.0.1:0")
	_, at, _ := strings.Cut(sidecar.wait(t, "msg=sidecar"), "url=")
	o.at, _, _ = strings.Cut(at, " ")
	return o
}

// write writes a file of the configuration in one step, as a program that others rely on does.
func (o *operated) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(o.folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// becomes waits until the agent's calls get a status.
func (o *operated) becomes(t *testing.T, status int) {
	t.Helper()
	await.NoError(t, fmt.Sprintf("calls to be answered with %d", status), func() error {
		got, answer := callTool(t, o.at, "balance", `{}`)
		if got != status {
			return fmt.Errorf("the last one was with %d %s", got, answer)
		}
		return nil
	})
}

const suspension = "spiffe://example.org/ns/demo/agent/assistant # seen sending money to itself\n"

func TestAFileThatComesSuspendsAnAgent(t *testing.T) {
	o := operate(t, `suspended_files = ["suspended/*"]`)
	o.becomes(t, http.StatusOK)
	o.write(t, "suspended/demo.assistant", suspension)
	o.becomes(t, http.StatusForbidden)
	o.write(t, "suspended/demo.assistant", "")
	o.becomes(t, http.StatusOK)
}

func TestASuspensionTakesEffectAlthoughTheNewestConfigurationCannotBeUsed(t *testing.T) {
	o := operate(t, "revision = \"one\"\nsuspended_files = [\"suspended/*\"]")
	o.becomes(t, http.StatusOK)
	o.write(t, "gateway.hcl", strings.Replace(string(o.text), `"one"`, `"two"`, 1)+"policies { files = [\"later/*.cedar\"] }\n")
	if why := refusedAs(t, o.admin, "two", "No file matches"); !strings.HasPrefix(why, filepath.Join(o.folder, "gateway.hcl:")) {
		t.Errorf("it does not say where: %s", why)
	}
	o.write(t, "suspended/demo.assistant", suspension+"spiffe://nobody at all\n")
	o.becomes(t, http.StatusForbidden)
	refusedAs(t, o.admin, "two", "demo.assistant:2:1: Nobody is suspended")
	o.write(t, "suspended/demo.assistant", "")
	o.write(t, "later/all.cedar", "permit (principal, action, resource);")
	inForce(t, o.admin, func(status map[string]any) bool { return status["revision"] == "two" && status["refused"] == nil })
	o.becomes(t, http.StatusOK)
}

func TestStatusNamesAConfigurationThatCannotBeRead(t *testing.T) {
	const planted = "planted-password-7f3a"
	o := operate(t, `revision = "one"`)
	inForce(t, o.admin, func(status map[string]any) bool { return status["revision"] == "one" && status["refused"] == nil })
	for revision, spoilt := range map[string]string{
		"syntax":    "target \"x\" {\n  url = \"https://user:" + planted + "@bank.example.org\n}\n",
		"attribute": "target \"x\" {\n  protocol = \"mcp\"\n  url = \"https://user:" + planted + "@bank.example.org\"\n  urls = 1\n}\n",
		"value":     "target \"x\" {\n  protocol = \"mcp\"\n  url = \"https://user:" + planted + "@bank.example.org\"\n}\n",
		"store":     "store \"redis\" {\n  url = \"redis://user:" + planted + "@127.0.0.1:1\"\n}\n",
	} {
		o.write(t, "gateway.hcl", strings.Replace(string(o.text), `"one"`, fmt.Sprintf("%q", revision), 1)+spoilt)
		if why := refusedAs(t, o.admin, revision, "gateway.hcl:"); strings.Contains(why, planted) {
			t.Errorf("%s: %q", revision, why)
		}
	}
	o.write(t, "gateway.hcl", string(o.text))
	inForce(t, o.admin, func(status map[string]any) bool { return status["revision"] == "one" && status["refused"] == nil })
}
