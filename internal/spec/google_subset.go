package spec

// GoogleSubsetRow says of one attribute of allow how far Google Cloud can carry it. Texts begin in lower case and have no full stop.
type GoogleSubsetRow struct {
	Attribute string
	// AccessPolicy and AuthzPolicy say how each means carries it; "" where it does not.
	AccessPolicy, AuthzPolicy string
	Never                     string // why neither does; "" where one of them may
}

// GoogleSubset is what of an allow is portable to Google Cloud: the table of the documentation, and the reason in diagnostics.
func GoogleSubset() []GoogleSubsetRow {
	return []GoogleSubsetRow{
		{Attribute: "agents (SPIFFE ID)", AccessPolicy: "the IAM principal that follows from it, or the one in gcp.principals", AuthzPolicy: "the URI in the client's certificate"},
		{Attribute: "agents (principal://…)", AccessPolicy: "as it is", AuthzPolicy: "the URI in the client's certificate, which follows from it"},
		{Attribute: "agents (ns:<namespace>)", AccessPolicy: "the principal set of the namespace, in the trust domain of a GKE project; elsewhere the one in gcp.principals"},
		{Attribute: "agents (*)", AccessPolicy: "the principal set of the trust domain"},
		{Attribute: "users", Never: "a gateway there decides by the agent alone, whomever it acts for"},
		{Attribute: "authentication", Never: "every caller proves itself in the one way that Google has for it"},
		{Attribute: "tools, prompts, resources", AccessPolicy: "by name, of a server in Agent Registry", AuthzPolicy: "by name, of a host and path; completions come with them, which gcp.coarse accepts"},
		{Attribute: "read_only", AccessPolicy: "the annotation of the tool in Agent Registry"},
		{Attribute: "arguments", Never: "no policy there sees arguments"},
		{Attribute: "skills", AccessPolicy: "[\"*\"] alone, with gcp.coarse", AuthzPolicy: "[\"*\"] alone, with gcp.coarse"},
		{Attribute: "part_kinds", Never: "A2A is forwarded unread"},
		{Attribute: "media_types", Never: "A2A is forwarded unread"},
		{Attribute: "url_hosts", Never: "A2A is forwarded unread"},
		{Attribute: "push_hosts", AccessPolicy: "[\"*\"] alone", AuthzPolicy: "[\"*\"] alone"},
		{Attribute: "operations", AccessPolicy: "by method and path where gcp.unregistered is set; [\"*\"] of an endpoint in Agent Registry", AuthzPolicy: "by method and path without variables"},
		{Attribute: "methods", AccessPolicy: "by path where gcp.unregistered is set", AuthzPolicy: "by path"},
	}
}
