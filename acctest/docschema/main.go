// Command docschema turns what "terraform providers schema -json" prints, on standard input, into what tfplugindocs reads, on
// standard output. The two differ in the provider's name, and in the identity schemas, which Terraform prints from 1.12 on only:
// with them added here, the documentation does not depend on the Terraform that happens to be installed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/agentward/terraform-provider-agent/provider"
)

const name = "agent"

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "docschema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var printed struct {
		FormatVersion string                                `json:"format_version"`
		Schemas       map[string]map[string]json.RawMessage `json:"provider_schemas"`
	}
	if err := json.NewDecoder(in).Decode(&printed); err != nil {
		return fmt.Errorf("read the schema that Terraform prints: %w", err)
	}
	schema := map[string]json.RawMessage(nil)
	for address, s := range printed.Schemas {
		if strings.HasSuffix(address, "/"+name) {
			schema = s
		}
	}
	if schema == nil {
		return fmt.Errorf("read the schema that Terraform prints: it holds no provider %q", name)
	}
	identities, err := identitySchemas(ctx)
	if err != nil {
		return err
	}
	schema["resource_identity_schemas"] = identities
	for part, raw := range schema {
		if schema[part], err = prefixed(raw); err != nil {
			return fmt.Errorf("read the provider's %s: %w", part, err)
		}
	}
	printed.Schemas = map[string]map[string]json.RawMessage{name: schema}
	return json.NewEncoder(out).Encode(printed)
}

// unprefixed is the one name of the provider's that does not begin with the provider's own: users know the programme by it. tfplugindocs
// looks for a page's schema under the prefixed name alone; the page's template says the real one.
const unprefixed = "kars_conformance"

// prefixed gives a part of a schema in which the unprefixed name has the prefix that tfplugindocs expects.
func prefixed(raw json.RawMessage) (json.RawMessage, error) {
	var part map[string]json.RawMessage
	if err := json.Unmarshal(raw, &part); err != nil {
		return nil, err
	}
	described, ok := part[unprefixed]
	if !ok {
		return raw, nil
	}
	delete(part, unprefixed)
	part[name+"_"+unprefixed] = described
	return json.Marshal(part)
}

// identitySchemas gives the identity schemas of the provider's resources as Terraform 1.12 prints them.
func identitySchemas(ctx context.Context) (json.RawMessage, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("docs")())()
	if err != nil {
		return nil, fmt.Errorf("start the provider: %w", err)
	}
	resp, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		return nil, fmt.Errorf("ask the provider for its identity schemas: %w", err)
	}
	for _, diagnostic := range resp.Diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			return nil, fmt.Errorf("ask the provider for its identity schemas: %s: %s", diagnostic.Summary, diagnostic.Detail)
		}
	}
	type attribute struct {
		Type              any    `json:"type"`
		Description       string `json:"description,omitempty"`
		RequiredForImport bool   `json:"required_for_import,omitempty"`
		OptionalForImport bool   `json:"optional_for_import,omitempty"`
	}
	type identity struct {
		Version    int64                `json:"version"`
		Attributes map[string]attribute `json:"attributes"`
	}
	identities := map[string]identity{}
	for resource, schema := range resp.IdentitySchemas {
		attributes := map[string]attribute{}
		for _, a := range schema.IdentityAttributes {
			attributes[a.Name] = attribute{a.Type, a.Description, a.RequiredForImport, a.OptionalForImport}
		}
		identities[resource] = identity{schema.Version, attributes}
	}
	return json.Marshal(identities)
}
