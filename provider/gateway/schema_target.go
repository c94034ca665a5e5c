package gateway

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

func targetsAttribute() schema.MapNestedAttribute {
	targets := named("What agents call, by name: lower case letters, digits, and `-`, `_`, `.` between them. Policies know a target by it: `Tool::\"<name>/<tool>\"`.", attributes{
		"protocol":      required("What it speaks: `mcp`, `a2a`, `rest` or `grpc`.", oneOf("mcp", "a2a", "rest", "grpc")),
		"url":           required("Where it is: `http://tools.mcp.svc:3000/mcp`.", stringvalidator.LengthAtLeast(1)),
		"path":          text("Path of the listeners that leads to it. Default: `/` and its name."),
		"enforcement":   text("`audit`: calls of this target are decided and recorded, and none is denied. Default: the gateway's.", oneOf(enforce, audit)),
		"versions":      list("Versions of MCP or A2A that are let through. Default: all that the gateway knows."),
		"keep_host":     flag("Pass the caller's `Host` on. Default: `false`."),
		"tunnel":        flag("Agents may get a tunnel to its host and port, with `mode = \"agent_to_anywhere\"`, as far as policies permit `connect`. Default: `false`."),
		"allow_private": flag("Its name may lead to private addresses. Default: `true` where the URL's host is a Service of the cluster or an address, else the gateway's own."),

		"openapi": text("OpenAPI 3 document of a REST API, JSON or YAML: `file(\"openapi.yaml\")`. It says which operations there are."),
		"operations": named("Operations of a REST API by id, besides or instead of a document.", attributes{
			"method":     required("HTTP method: `GET`."),
			"path":       required("Path template below the URL: `/accounts/{id}`."),
			"parameters": texts("Patterns or types of the template's parameters by name."),
			"content":    list("Media types that a body may have."),
		}),
		"unmatched":   text("What becomes of calls of a REST API that match no operation: `deny` (default) or `decide`, by policies that permit the path."),
		"content":     list("Media types that bodies of a REST API may have."),
		"services":    list("Services of gRPC, as `package.Service`. Their methods are paths of the listener."),
		"descriptors": text("FileDescriptorSet of the services, in base64: `filebase64(\"service.binpb\")`. With it policies see messages' fields."),
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
	return block("Where an A2A agent serves its bindings. One that is not named is not served; without any, JSON-RPC and HTTP+JSON are at `url`.", attributes{
		"jsonrpc":      text("URL of JSON-RPC."),
		"http_json":    text("URL of HTTP+JSON."),
		"grpc":         text("URL of gRPC."),
		"card":         text("URL of the public card. Default: `/.well-known/agent-card.json` below `url`."),
		"card_keys":    text("JWK Set of the public keys that sign the card. A card that none of them signed is not used. Default: it needs no signature."),
		"card_max_age": duration("How long the last good card is used when it cannot be fetched anew. Default: `24h`.", 30*day),
		"skill_key":    text("Member of a message's `metadata` that names its skill. Default: `urn:agentward:a2a:skill`."),
	})
}

func tlsAttribute() schema.SingleNestedAttribute {
	return block("How a target of `https` is verified, and what it is shown. Default: its name, by the system's authorities.", attributes{
		"ca":                 text("Authorities in PEM. Default: the system's."),
		"server_name":        text("Name in its certificate. Default: the URL's host."),
		"spiffe_ids":         list("SPIFFE IDs, of which it must have one. It is then verified by the trust domains' bundles."),
		"client_svid":        flag("Show it the gateway's own SVID. Default: `false`."),
		"minimum":            text("Least version of TLS: `1.2` (default) or `1.3`.", oneOf("1.2", "1.3")),
		"client_certificate": text("Name of a Secret of type `kubernetes.io/tls` in the gateway's namespace, whose certificate the target is shown."),
	})
}

func credentialsAttribute() schema.ListNestedAttribute {
	return blocks("What the target is shown in place of the caller's own credentials, each in a header of its own. Agents never see it.", attributes{
		"kind": required("`static`: a secret as it is. `client_credentials`: an access token that the gateway gets for itself. `token_exchange`: one that it gets for the caller (RFC 8693).",
			oneOf("static", "client_credentials", "token_exchange")),
		"header":                text("Header that carries it. Default: `Authorization`."),
		"prefix":                text("What comes before it in the header. Default: `Bearer ` in `Authorization`, nothing in another."),
		"value":                 secretAttribute("The static secret; of the other kinds the client's secret."),
		"token_url":             text("Token endpoint of the authorization server."),
		"client_id":             text("The gateway's client id there."),
		"client_authentication": text("How it authenticates there: `basic` (default), `post`, `private_key_jwt` or `tls`.", oneOf("basic", "post", "private_key_jwt", "tls")),
		"client_key":            secretAttribute("Private key in PEM, for `private_key_jwt`."),
		"client_key_id":         text("`kid` of that key."),
		"scopes":                list("Scopes to ask for."),
		"resource":              text("Resource to ask for (RFC 8707)."),
		"audience":              text("Audience to ask for."),
		"subject":               text("For whom tokens are exchanged: `agent` or `user`.", oneOf("agent", "user")),
	})
}

func podSetAttribute(description string) schema.SingleNestedAttribute {
	return block(description, podSetAttributes())
}

func podSetAttributes() attributes {
	return attributes{
		"namespace": required("Their namespace."),
		"selector":  governed.LabelSelectorAttribute("Their labels. Default: all pods of the namespace."),
	}
}
