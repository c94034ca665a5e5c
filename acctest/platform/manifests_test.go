package platform

import (
	"fmt"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// named has every image called after its field.
func named() Images {
	var i Images
	v := reflect.ValueOf(&i).Elem()
	for n := range v.NumField() {
		v.Field(n).SetString("example.org/" + v.Type().Field(n).Name + ":1")
	}
	return i
}

func TestEveryImageHasAPlaceOfItsOwn(t *testing.T) {
	var i Images
	for _, image := range images() {
		field := image.field(&i)
		if *field != "" {
			t.Errorf("%s takes the place of %s", image.name, *field)
		}
		*field = image.name
	}
	v := reflect.ValueOf(i)
	for n := range v.NumField() {
		if v.Field(n).String() == "" {
			t.Errorf("no image is for %s", v.Type().Field(n).Name)
		}
	}
}

// A pod that asks for no CPU has next to none while those that do keep a node busy, and everybody waits for what runs here.
func TestManifestsNameTheImagesAndAskForCPU(t *testing.T) {
	p := &Platform{Images: named()}
	with := map[string]any{"Images": p.Images, "Built": true, "TrustDomain": TrustDomain, "SocketFolder": SocketFolder, "SocketFile": SocketFile}
	for name, c := range map[string]struct {
		objects func() ([]*unstructured.Unstructured, error)
		want    []string
	}{
		"spire-server": {func() ([]*unstructured.Unstructured, error) { return objects("spire-server.yaml", with) }, []string{p.Images.SPIREServer, p.Images.ControllerManager}},
		"spire-agent":  {func() ([]*unstructured.Unstructured, error) { return objects("spire-agent.yaml", with) }, []string{p.Images.SPIREAgent}},
		"network":      {func() ([]*unstructured.Unstructured, error) { return objects("network-policies.yaml", with) }, []string{p.Images.NetworkPolicies}},
		"redis":        {func() ([]*unstructured.Unstructured, error) { return objects("redis.yaml", with) }, []string{p.Images.Redis}},
		"a server": {func() ([]*unstructured.Unstructured, error) {
			bank := p.Bank("tools", "bank")
			bank.Labels = map[string]string{"agentward.dev/approved": "true"}
			return p.Server(bank)
		}, []string{p.Images.Bank}},
		"agents": {func() ([]*unstructured.Unstructured, error) {
			return p.Agents(Agents{Namespace: "agents", Name: "billing", Replicas: 3})
		}, []string{p.Images.Agent}},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := c.objects()
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, o := range made {
				containers, _, err := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "containers")
				if err != nil {
					t.Fatal(err)
				}
				for _, container := range containers {
					image := container.(map[string]any)["image"].(string)
					found = append(found, image)
					if cpu, _, err := unstructured.NestedString(container.(map[string]any), "resources", "requests", "cpu"); cpu == "" || err != nil {
						t.Errorf("%s asks for no CPU: %v", image, err)
					}
				}
			}
			if !reflect.DeepEqual(found, c.want) {
				t.Errorf("it runs %q, and should run %q", found, c.want)
			}
		})
	}
}

func TestKyvernoRunsOurImages(t *testing.T) {
	s := &setup{Platform: &Platform{Images: named()}}
	container := func(image string, args ...any) map[string]any { return map[string]any{"image": image, "args": args} }
	deployment := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"initContainers": []any{container("reg.kyverno.io/kyverno/kyvernopre:latest")},
		"containers":     []any{container("reg.kyverno.io/kyverno/reports-controller:latest", "--backgroundScanInterval=1h", "--v=2")},
	}}}}}
	if err := s.adapt(deployment); err != nil {
		t.Fatal(err)
	}
	got, _, err := unstructured.NestedMap(deployment.Object, "spec", "template", "spec")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint(map[string]any{
		"initContainers": []any{container(s.Images.KyvernoInit)},
		"containers":     []any{container(s.Images.KyvernoReports, "--backgroundScanInterval=30s", "--v=2")},
	})
	if fmt.Sprint(got) != want {
		t.Errorf("got %v\nwant %s", got, want)
	}
	unknown := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{
		"containers": []any{container("reg.kyverno.io/kyverno/another:latest")},
	}}}}}
	if err := s.adapt(unknown); err == nil {
		t.Error("an image that we have none for is left as it is, and nobody is told")
	}
}
