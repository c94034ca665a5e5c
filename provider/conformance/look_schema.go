package conformance

import (
	data "github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

func lookSchema() data.Schema {
	return data.Schema{
		MarkdownDescription: "A look at a cluster: which requirements of CNCF Kubernetes AI Conformance (KARs) it meets. It reads what the API server serves and lists, writes nothing, and fails for " +
			"nothing that is unmet: use it with `check` blocks, or the resource of the same name as a gate.\n\n" + named,
		Attributes: attribute.InDataSource(lookAttributes()),
	}
}
