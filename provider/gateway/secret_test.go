package gateway_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

// withCredentials has three write-only values, of which the second stands deep in a list in a map.
func withCredentials(namespace, token string, version int) string {
	return strings.Replace(gateway(namespace, fmt.Sprintf(`
  store = { url = "rediss://redis.bank.svc:6379", password = { value_wo = "%[1]s-store", value_wo_version = %[2]d } }
  telemetry = { otlp = { endpoint = "https://collector.bank.svc", headers = { value_wo = "x-key: %[1]s-headers", value_wo_version = %[2]d } } }
`, token, version)), `url = "https://bank.bank.svc/mcp"`, fmt.Sprintf(`url = "https://bank.bank.svc/mcp", credentials = [
    { kind = "static", header = "X-Tenant", value = { secret = "bank", key = "tenant" } },
    { kind = "static", value = { value_wo = "%[1]s-target", value_wo_version = %[2]d } },
  ]`, token, version), 1)
}

// without asks that a text has no form of a secret.
func without(text string, secrets ...string) error {
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			// What base64 makes of the end of a text depends on what follows it.
			if at := strings.Index(text, strings.TrimRight(form, "=")); at >= 0 {
				return fmt.Errorf("%q leaks in: …%s…", secret, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	return nil
}

func TestWriteOnlyValuesAreWrittenWithTheirVersion(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	n := run(t, c, ns)
	const first, second = "correct-horse-1", "battery-staple-2"
	config := func(token string, version int) string {
		text := withCredentials(ns, token, version)
		return terraform.Configuration(c.Kubeconfig(), "", strings.Replace(text, "policies  = {", fmt.Sprintf("deployment = { admin_port = %d }\n  policies  = {", n.port), 1))
	}
	inCluster := func(token string) resource.TestCheckFunc {
		return check(func() error {
			data, _ := c.Get(t, secretsOf, ns, "tools-credentials").Object["data"].(map[string]any)
			var all []string
			for _, value := range data {
				raw, err := base64.StdEncoding.DecodeString(fmt.Sprint(value))
				if err != nil {
					return err
				}
				all = append(all, string(raw))
			}
			for _, want := range []string{token + "-store", "x-key: " + token + "-headers", token + "-target"} {
				if !strings.Contains(strings.Join(all, "\n"), want) {
					return fmt.Errorf("the cluster does not have %q, but %q", want, all)
				}
			}
			return nil
		})
	}
	with := func(step resource.TestStep, token string) resource.TestStep {
		step.Check = inCluster(token)
		step.ConfigStateChecks = []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, objects("/v1/Secret/"+ns+"/tools-credentials"), knownvalue.StringRegexp(regexp.MustCompile("sha256:"))),
		}
		return step
	}
	terraform.Test(t,
		with(plans(config(first, 1), action(plancheck.ResourceActionCreate)), first),
		// Another value of the same version is no change, as nothing that is kept could show it.
		with(plans(config(second, 1), plancheck.ExpectEmptyPlan()), first),
		with(plans(config(second, 2), action(plancheck.ResourceActionUpdate)), second),
		with(after(func() {
			c.Edit(t, secretsOf, ns, "tools-credentials", `{"data":{"store.password":"c29tZWJvZHkgZWxzZQ=="}}`)
		}, plans(config(second, 2), action(plancheck.ResourceActionUpdate))), second),
	)
}

// Terraform's files and logs are looked at as they are: a provider keeps more in them than "terraform show" tells.
func TestWriteOnlyValuesAndKeysAreInNoFileAndNoLog(t *testing.T) {
	c := cluster(t)
	ns := c.Namespace(t, nil)
	const secret = "correct-horse-1"
	folder := terraform.At(t, t.TempDir())
	folder.Environment = []string{"TF_LOG=TRACE", "TF_VAR_token=" + secret}
	required := "terraform {\n  required_providers {\n    agent = { source = \"agentward/agent\" }\n  }\n}\nvariable \"token\" {\n  type      = string\n  ephemeral = true\n}\n"
	config := strings.ReplaceAll(withCredentials(ns, "TOKEN", 1), "TOKEN", "${var.token}")
	if err := os.WriteFile(filepath.Join(folder.Path, "main.tf"), []byte(required+terraform.Configuration(c.Kubeconfig(), "", config)), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := []string{secret, secret + "-store", "x-key: " + secret + "-headers", secret + "-target"}
	look := func(what, text string) {
		t.Helper()
		if !strings.Contains(text, "tools-credentials") {
			t.Errorf("%s does not even have the Secret's name: the check looks at the wrong thing", what)
		}
		if err := without(text, secrets...); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	out, log, err := folder.Run(t.Context(), "plan", "-out=plan", "-no-color")
	if err != nil {
		t.Fatalf("plan: %v\n%s", err, out)
	}
	look("the log of a plan", out+log)
	look("the plan", terraform.Unzipped(t, filepath.Join(folder.Path, "plan")))
	if out, log, err = folder.Run(t.Context(), "apply", "-auto-approve", "-no-color", "plan"); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	data, _ := c.Get(t, secretsOf, ns, "tools-keys").Object["data"].(map[string]any)
	key, err := base64.StdEncoding.DecodeString(fmt.Sprint(data["1"]))
	if err != nil || len(key) != 32 {
		t.Fatalf("the key that replicas share has %d bytes: %v", len(key), err)
	}
	secrets = append(secrets, string(key))
	look("the log of an apply", out+log)
	look("the state", terraform.StateFile(t, folder.Path))
	if out, log, err = folder.Run(t.Context(), "destroy", "-auto-approve", "-no-color"); err != nil {
		t.Fatalf("destroy: %v\n%s", err, out)
	}
	look("the log of a destroy", out+log)
}
