package admission_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

var secrets = schema.GroupVersionResource{Version: "v1", Resource: "secrets"}

// signed asks for signatures whose registry wants a password.
func signed(name, namespace, password string, version int) string {
	return policy(name, fmt.Sprintf(`
  engine = "kyverno"
  rules = {
    signed_images = {
      images  = ["registry.example.org/agents/*"]
      keyless = { issuer = "https://issuer.example.org", subject = "ci" }
      registry_credentials = {
        server              = "registry.example.org"
        username            = "reader"
        password_wo         = %q
        password_wo_version = %d
        namespace           = %q
      }
    }
  }`, password, version, namespace))
}

func TestARegistryPasswordIsWrittenAndNowhereKept(t *testing.T) {
	c := engines(t)
	const name = "signed"
	ns := c.Namespace(t, nil)
	key := "/v1/Secret/" + ns + "/" + name + "-registry"
	config := func(password string, version int) string {
		return terraform.Configuration(c.Kubeconfig(), "", signed(name, ns, password, version))
	}
	const first, second, third = "correct-horse-1", "battery-staple-2", "drawing-pin-3"
	secretsOut := []plancheck.PlanCheck{keepsOut(first, second, third)}
	inCluster := func(want string) resource.TestCheckFunc {
		return func(state *terraformState) error {
			if err := without(fmt.Sprint(state), first, second, third); err != nil {
				return err
			}
			if got := password(t, c, ns, name+"-registry"); got != want {
				return fmt.Errorf("the cluster has the password %q, want %q", got, want)
			}
			return nil
		}
	}
	hashed := statecheck.ExpectKnownValue(address, tfjsonpath.New("objects").AtMapKey(key), knownvalue.StringRegexp(literally("sha256:")))
	terraform.Test(t,
		resource.TestStep{
			Config:            config(first, 1),
			ConfigPlanChecks:  plans(plancheck.ResourceActionCreate, secretsOut...),
			ConfigStateChecks: []statecheck.StateCheck{hashed, stateKeepsOut(first, second, third)},
			Check:             inCluster(first),
		},
		resource.TestStep{Config: config(first, 1), ConfigPlanChecks: staysAsItIs},
		resource.TestStep{ // another value of the same version is no change, as nothing that is kept could show it
			Config:           config(second, 1),
			ConfigPlanChecks: staysAsItIs,
			Check:            inCluster(first),
		},
		resource.TestStep{ // not even beside another change
			Config:           strings.Replace(config(second, 1), "signed_images", "no_automounted_tokens = true\n    signed_images", 1),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate, secretsOut...),
			Check:            inCluster(first),
		},
		resource.TestStep{
			Config:            config(second, 2),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, secretsOut...),
			ConfigStateChecks: []statecheck.StateCheck{hashed, stateKeepsOut(first, second, third)},
			Check:             inCluster(second),
		},
		resource.TestStep{ // a new version of the same value is one too
			Config:           config(second, 3),
			ConfigPlanChecks: plans(plancheck.ResourceActionUpdate),
			Check:            inCluster(second),
		},
		resource.TestStep{ // somebody else's password is drift
			PreConfig: func() {
				c.Edit(t, secrets, ns, name+"-registry", mergePatch(t, map[string]any{"data": map[string]any{".dockerconfigjson": dockerConfig("reader", third)}}))
			},
			Config:            config(second, 3),
			ConfigPlanChecks:  plans(plancheck.ResourceActionUpdate, secretsOut...),
			ConfigStateChecks: []statecheck.StateCheck{stateKeepsOut(first, second, third)},
			Check:             inCluster(second),
		},
		resource.TestStep{Config: config(second, 3), ConfigPlanChecks: staysAsItIs},
	)
}

// Terraform's files and logs are looked at as they are: a provider keeps more in them than "terraform show" tells.
func TestARegistryPasswordIsInNoFileAndNoLog(t *testing.T) {
	c := engines(t)
	const name, secret = "unlogged", "correct-horse-1"
	ns := c.Namespace(t, nil)
	folder := terraform.At(t, t.TempDir())
	folder.Environment = []string{"TF_LOG=TRACE", "TF_VAR_password=" + secret}
	required := "terraform {\n  required_providers {\n    agent = { source = \"agentward/agent\" }\n  }\n}\nvariable \"password\" {\n  type      = string\n  ephemeral = true\n}\n"
	write := func(namespace string) {
		resource := strings.ReplaceAll(signed(name, namespace, "PASSWORD", 1), `"PASSWORD"`, "var.password")
		if err := os.WriteFile(filepath.Join(folder.Path, "main.tf"), []byte(required+terraform.Configuration(c.Kubeconfig(), "", resource)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(what, text string) {
		t.Helper()
		if !strings.Contains(text, name) {
			t.Errorf("%s does not even have the policy's name: the check looks at the wrong thing", what)
		}
		if err := without(text, secret); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	write("no-such-namespace")
	out, log, err := folder.Run(t.Context(), "apply", "-auto-approve", "-no-color")
	if err == nil || !literallyInOutput(`Create the namespace "no-such-namespace" first`).MatchString(out+log) {
		t.Fatalf("the apply did not fail for want of the namespace: %v", err)
	}
	look("the log of a failed apply", out+log)

	write(ns)
	if out, log, err = folder.Run(t.Context(), "plan", "-out=plan", "-no-color"); err != nil {
		t.Fatalf("plan: %v\n%s", err, out)
	}
	look("the log of a plan", out+log)
	look("the plan", terraform.Unzipped(t, filepath.Join(folder.Path, "plan")))
	if out, log, err = folder.Run(t.Context(), "apply", "-auto-approve", "-no-color", "plan"); err != nil {
		t.Fatalf("apply: %v\n%s", err, out)
	}
	look("the log of an apply", out+log)
	look("the state", terraform.StateFile(t, folder.Path))
	if got := password(t, c, ns, name+"-registry"); got != secret {
		t.Errorf("the cluster has the password %q", got)
	}
	if out, log, err = folder.Run(t.Context(), "destroy", "-auto-approve", "-no-color"); err != nil {
		t.Fatalf("destroy: %v\n%s", err, out)
	}
	look("the log of a destroy", out+log)
}

// password reads the password from a Secret as Kyverno would.
func password(t *testing.T, c *terraform.Cluster, namespace, name string) string {
	t.Helper()
	data, _ := c.Get(t, secrets, namespace, name).Object["data"].(map[string]any)
	text, _ := data[".dockerconfigjson"].(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Auths map[string]struct{ Password string }
	}
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	return config.Auths["registry.example.org"].Password
}

func dockerConfig(user, password string) string {
	text := fmt.Sprintf(`{"auths":{"registry.example.org":{"auth":%q,"password":%q,"username":%q}}}`,
		base64.StdEncoding.EncodeToString([]byte(user+":"+password)), password, user)
	return base64.StdEncoding.EncodeToString([]byte(text))
}

// encodings are the forms in which a password could leak.
func encodings(password string) []string {
	return []string{password, base64.StdEncoding.EncodeToString([]byte("reader:" + password)), dockerConfig("reader", password)}
}

// without asks that a text has no password, in any form.
func without(text string, passwords ...string) error {
	for _, password := range passwords {
		for _, form := range encodings(password) {
			if at := strings.Index(text, form); at >= 0 {
				return fmt.Errorf("%q leaks in: …%s…", password, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
	return nil
}
