package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/rest"
)

// apis is a configuration with a target of REST and one of gRPC, which the tests spoil.
const apis = `listener "agents" {
  address = "127.0.0.1:8443"
}
target "crm" {
  protocol = "rest"
  url      = "https://crm.example.org/v2"
  openapi  = "crm.yaml"
  operation "getUser" {
    method     = "GET"
    path       = "/users/{id}"
    parameters = { id = "integer", tags = "strings" }
    content    = []
  }
}
target "shop" {
  protocol    = "grpc"
  url         = "https://shop.example.org"
  services    = ["shop.v1.Orders", "grpc.health.v1.Health"]
  descriptors = "shop.binpb"
}
development_authority {
  trust_domain = "example.org"
  directory    = "keys"
}
`

// apiFiles is a folder with what the configuration refers to.
func apiFiles(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, from := range map[string]string{"crm.yaml": "rest/openapi.yaml", "shop.binpb": "grpc/shop.binpb"} {
		text, err := os.ReadFile(filepath.Join("../../../examples/gateway", from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"none.yaml": "openapi: 3.1.0\npaths:\n  users: {}\n", "twice.yaml": "openapi: 3.1.0\npaths:\n  /{a}: {get: {}}\n  /{b}: {get: {}}\n", "none.binpb": "nothing",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func TestTargetsOfRESTAndGRPC(t *testing.T) {
	folder := apiFiles(t)
	c, diagnostics := Parse(filepath.Join(folder, "g.hcl"), []byte(apis))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	crm, shop := c.Targets[0], c.Targets[1]
	for request, want := range map[string]string{"/users/7": "getUser", "/customers/7": "getCustomer"} {
		if r, problem := crm.API.Read("GET", request, ""); problem != nil || r.Operation.Name != want {
			t.Errorf("%s is %v", request, problem)
		}
	}
	if _, problem := crm.API.Read("GET", "/users/x", ""); problem == nil {
		t.Error("a parameter has lost its type")
	}
	if crm.API.Open || shop.Descriptors.Procedure("shop.v1.Orders/Place") == nil || shop.API != nil || crm.Descriptors != nil {
		t.Errorf("%+v %+v", crm, shop)
	}
	for _, name := range []string{"crm.yaml", "shop.binpb"} {
		if !slices.Contains(c.Files, filepath.Join(folder, name)) {
			t.Errorf("a change of %s is not noticed: %v", name, c.Files)
		}
	}
}

func TestTheConfigurationsOperationStandsForTheDocuments(t *testing.T) {
	text := strings.Replace(strings.Replace(apis, `"/users/{id}"`, `"/customers/{id}"`, 1), `id = "integer"`, `id = "string"`, 1)
	c, diagnostics := Parse(filepath.Join(apiFiles(t), "g.hcl"), []byte(text))
	if diagnostics.HasErrors() {
		t.Fatal(diagnostics)
	}
	if r, problem := c.Targets[0].API.Read("GET", "/customers/x", ""); problem != nil || r.Operation.Name != "getUser" {
		t.Errorf("gives %v", problem)
	}
}

func TestWhatIsWrongWithAnAPIIsToldWithItsPlace(t *testing.T) {
	folder := apiFiles(t)
	for name, c := range map[string]struct {
		old, new string
		line     int
		want     string
	}{
		"a URL with a query":                {`org/v2"`, `org/v2?a=b"`, 6, "can have no query"},
		"a document that is not there":      {`crm.yaml`, `no.yaml`, 7, "no such file"},
		"a document that cannot be used":    {`crm.yaml`, `none.yaml`, 3, "does not begin with a slash"}, // of the document
		"a document that says two things":   {`crm.yaml`, `twice.yaml`, 7, "another operation for GET /{b}"},
		"a choice that is none":             {`openapi  = "crm.yaml"`, `unmatched = "allow"`, 7, "\"decide\""},
		"a method that is none":             {`"GET"`, `"FETCH"`, 9, "DELETE"},
		"a path that is none":               {`"/users/{id}"`, `"/users/{id"`, 10, "such as \"/users/{id}\""},
		"a type that is none":               {`"integer"`, `"int"`, 11, "booleans"},
		"a media type that is none":         {`content    = []`, `content    = ["csv"]`, 12, "image/*"},
		"no operation at all":               {apis[strings.Index(apis, "  openapi"):strings.Index(apis, "target \"shop\"")], "}\n", 4, "every request would be refused"},
		"operations of another protocol":    {`protocol = "rest"`, `protocol = "mcp"`, 8, "Only a target"},
		"a document of another protocol":    {`protocol = "rest"`, `protocol = "mcp"`, 7, "has openapi"},
		"no services":                       {`services    = ["shop.v1.Orders", "grpc.health.v1.Health"]`, ``, 15, "Name those"},
		"a service that is none":            {`"shop.v1.Orders"`, `"/shop.v1.Orders"`, 18, "full name"},
		"a service twice":                   {`"grpc.health.v1.Health"`, `"shop.v1.Orders"`, 18, "stands twice"},
		"a service that is not described":   {`"shop.v1.Orders"`, `"shop.v1.Other"`, 18, "could not be read"},
		"a URL with a path":                 {`shop.example.org"`, `shop.example.org/v1"`, 17, "no path"},
		"descriptors that are not there":    {`shop.binpb`, `no.binpb`, 19, "no such file"},
		"descriptors that are none":         {`shop.binpb`, `none.binpb`, 19, "--include_imports"},
		"services of another protocol":      {`protocol    = "grpc"`, `protocol    = "mcp"`, 18, "has services"},
		"descriptors of another protocol":   {`protocol    = "grpc"`, `protocol    = "mcp"`, 19, "has descriptors"},
		"a service that another target has": {"target \"crm\"", "target \"old\" {\nprotocol = \"grpc\"\nurl = \"http://a\"\nservices = [\"shop.v1.Orders\"]\n}\ntarget \"crm\"", 23, "already"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(apis, c.old, c.new, 1)
			if text == apis {
				t.Fatal("the test spoils nothing")
			}
			made, diagnostics := Parse(filepath.Join(folder, "g.hcl"), []byte(text))
			if made != nil || !diagnostics.HasErrors() {
				t.Fatal("it is taken as it is")
			}
			told := slices.ContainsFunc(diagnostics, func(d *hcl.Diagnostic) bool {
				return d.Subject.Start.Line == c.line && strings.Contains(d.Summary+" "+d.Detail, c.want)
			})
			if !told {
				t.Errorf("got %v", diagnostics.Errs())
			}
		})
	}
}

func TestADocumentThatIsTooLargeIsNotRead(t *testing.T) {
	folder := apiFiles(t)
	if err := os.WriteFile(filepath.Join(folder, "crm.yaml"), make([]byte, rest.MaxDocument+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, diagnostics := Parse(filepath.Join(folder, "g.hcl"), []byte(apis)); !diagnostics.HasErrors() || !strings.Contains(diagnostics.Error(), "may have") {
		t.Errorf("got %v", diagnostics)
	}
}
