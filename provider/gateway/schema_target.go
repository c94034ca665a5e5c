package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func targetsAttribute() schema.MapNestedAttribute {
	targets := attribute.Named("What agents call, by name: lower case letters, digits, and `-`, `_`, `.` between them. Policies know a target by it: `Tool::\"<name>/<tool>\"`.", attribute.Set{
		"protocol":      attribute.Required("What it speaks: `mcp`, `a2a`, `rest` or `grpc`.", attribute.OneOf("mcp", "a2a", "rest", "grpc")),
		"url":           attribute.Required("Where it is: `http://tools.mcp.svc:3000/mcp`.", stringvalidator.LengthAtLeast(1)),
		"path":          attribute.Text("Path of the listeners that leads to it. Default: `/` and its name."),
		"enforcement":   attribute.Text("`audit`: calls of this target are decided and recorded, and none is denied. Default: the gateway's.", attribute.OneOf(enforce, audit)),
		"versions":      attribute.List("Versions of MCP or A2A that are let through. Default: all that the gateway knows."),
		"keep_host":     attribute.Flag("Pass the caller's `Host` on. Default: `false`."),
		"tunnel":        attribute.Flag("Agents may get a tunnel to its host and port, with `mode = \"agent_to_anywhere\"`, as far as policies permit `connect`. Default: `false`."),
		"allow_private": attribute.Flag("Its name may lead to private addresses. Default: `true` where the URL's host is a Service of the cluster or an address, else the gateway's own."),

		"openapi": attribute.Text("OpenAPI 3 document of a REST API, JSON or YAML: `file(\"openapi.yaml\")`. It says which operations there are."),
		"operations": attribute.Named("Operations of a REST API by id, besides or instead of a document.", attribute.Set{
			"method":     attribute.Required("HTTP method: `GET`."),
			"path":       attribute.Required("Path template below the URL: `/accounts/{id}`."),
			"parameters": attribute.Texts("Patterns or types of the template's parameters by name."),
			"content":    attribute.List("Media types that a body may have."),
		}),
		"unmatched":   attribute.Text("What becomes of calls of a REST API that match no operation: `deny` (default) or `decide`, by policies that permit the path."),
		"content":     attribute.List("Media types that bodies of a REST API may have."),
		"services":    attribute.List("Services of gRPC, as `package.Service`. Their methods are paths of the listener."),
		"descriptors": attribute.Text("FileDescriptorSet of the services, in base64: `filebase64(\"service.binpb\")`. With it policies see messages' fields."),
		"a2a":         a2aAttribute(),

		"tls":         tlsAttribute(),
		"credentials": credentialsAttribute(),
		"limits":      targetLimitsAttribute(),
		"workload":    podSetAttribute("The pods that serve the target. A NetworkPolicy then lets only the gateway reach them."),

		"gcp": targetGoogleAttribute(),
	})
	targets.Optional, targets.Required = false, true
	return targets
}

func a2aAttribute() schema.SingleNestedAttribute {
	return attribute.Block("Where an A2A agent serves its bindings. One that is not named is not served; without any, JSON-RPC and HTTP+JSON are at `url`.", attribute.Set{
		"jsonrpc":      attribute.Text("URL of JSON-RPC."),
		"http_json":    attribute.Text("URL of HTTP+JSON."),
		"grpc":         attribute.Text("URL of gRPC."),
		"card":         attribute.Text("URL of the public card. Default: `/.well-known/agent-card.json` below `url`."),
		"card_keys":    attribute.Text("JWK Set of the public keys that sign the card. A card that none of them signed is not used. Default: it needs no signature."),
		"card_max_age": duration("How long the last good card is used when it cannot be fetched anew. Default: `24h`.", 30*day),
		"skill_key":    attribute.Text("Member of a message's `metadata` that names its skill. Default: `urn:agentward:a2a:skill`."),
	})
}

func tlsAttribute() schema.SingleNestedAttribute {
	return attribute.Block("How a target of `https` is verified, and what it is shown. Default: its name, by the system's authorities.", attribute.Set{
		"ca":                 attribute.Text("Authorities in PEM. Default: the system's."),
		"server_name":        attribute.Text("Name in its certificate. Default: the URL's host."),
		"spiffe_ids":         attribute.List("SPIFFE IDs, of which it must have one. It is then verified by the trust domains' bundles."),
		"client_svid":        attribute.Flag("Show it the gateway's own SVID. Default: `false`."),
		"minimum":            attribute.Text("Least version of TLS: `1.2` (default) or `1.3`.", attribute.OneOf("1.2", "1.3")),
		"client_certificate": attribute.Text("Name of a Secret of type `kubernetes.io/tls` in the gateway's namespace, whose certificate the target is shown."),
	})
}

func credentialsAttribute() schema.ListNestedAttribute {
	return attribute.Blocks("What the target is shown in place of the caller's own credentials, each in a header of its own. Agents never see it.", attribute.Set{
		"kind": attribute.Required("`static`: a secret as it is. `client_credentials`: an access token that the gateway gets for itself. `token_exchange`: one that it gets for the caller (RFC 8693).",
			attribute.OneOf("static", "client_credentials", "token_exchange")),
		"header":                attribute.Text("Header that carries it. Default: `Authorization`."),
		"prefix":                attribute.Text("What comes before it in the header. Default: `Bearer ` in `Authorization`, nothing in another."),
		"value":                 secretAttribute("The static secret; of the other kinds the client's secret."),
		"token_url":             attribute.Text("Token endpoint of the authorization server."),
		"client_id":             attribute.Text("The gateway's client id there."),
		"client_authentication": attribute.Text("How it authenticates there: `basic` (default), `post`, `private_key_jwt` or `tls`.", attribute.OneOf("basic", "post", "private_key_jwt", "tls")),
		"client_key":            secretAttribute("Private key in PEM, for `private_key_jwt`."),
		"client_key_id":         attribute.Text("`kid` of that key."),
		"scopes":                attribute.List("Scopes to ask for."),
		"resource":              attribute.Text("Resource to ask for (RFC 8707)."),
		"audience":              attribute.Text("Audience to ask for."),
		"subject":               attribute.Text("For whom tokens are exchanged: `agent` or `user`.", attribute.OneOf("agent", "user")),
	})
}

func podSetAttribute(description string) schema.SingleNestedAttribute {
	return attribute.Block(description, podSetAttributes())
}

func podSetAttributes() attribute.Set {
	return attribute.Set{
		"namespace": attribute.Required("Their namespace."),
		"selector":  governed.LabelSelectorAttribute("Their labels. Default: all pods of the namespace."),
	}
}
