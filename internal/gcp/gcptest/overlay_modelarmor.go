package gcptest

import (
	_ "embed" // the description of Model Armor
	"regexp"
)

// modelArmorDescription describes modelarmor/v1 in the form of a discovery document. Google publishes none; this one was written after
// google/cloud/modelarmor/v1/service.proto.
//
//go:embed modelarmor.json
var modelArmorDescription []byte

// The templates and floor settings of modelarmor/v1. Sources: the proto's comments.
func init() {
	register(&kind{
		api: "modelarmor", collection: "projects.locations.templates", ids: regexp.MustCompile(`^[a-zA-Z0-9_-]{1,63}$`),
		check: func(c *check) {
			c.labels()
			c.filters()
		},
	})
	for _, parent := range []string{"projects", "folders", "organizations"} {
		register(&kind{
			api: "modelarmor", collection: parent + ".locations", singleton: map[string]any{"filterConfig": map[string]any{}},
			check: (*check).filters,
		})
	}
}

func (c *check) filters() {
	const sdp = "filterConfig.sdpSettings"
	if c.has(sdp) { // descriptors say that both cannot be; nothing of either is nothing
		c.exactlyOne(sdp+".basicConfig", sdp+".advancedConfig")
	}
	c.matches(sdp+".advancedConfig.inspectTemplate", dlpTemplate)
	c.matches(sdp+".advancedConfig.deidentifyTemplate", dlpTemplate)
}

var dlpTemplate = regexp.MustCompile(`^(projects|organizations)/[^/]+/locations/[^/]+/(inspectTemplates|deidentifyTemplates)/[^/]+$`)
