package gcptest

import "strings"

// Projects, folders and organizations of cloudresourcemanager/v3, which are always there and have allow policies, and clusters of
// container/v1, which tests put there: the gcp stack only reads them.
func init() {
	register(
		&kind{
			api: "cloudresourcemanager", collection: "projects", numbered: true, singleton: map[string]any{"state": "ACTIVE"},
			made: func(s *Server, o *stored, answer map[string]any) {
				answer["projectId"] = strings.TrimPrefix(o.name, "projects/")
				answer["parent"] = "organizations/" + s.options.Organization
			},
		},
		&kind{api: "cloudresourcemanager", collection: "folders", singleton: map[string]any{"state": "ACTIVE"}},
		&kind{api: "cloudresourcemanager", collection: "organizations", singleton: map[string]any{"state": "ACTIVE"}},
		&kind{
			api: "container", collection: "projects.locations.clusters",
			made: func(_ *Server, o *stored, answer map[string]any) {
				_, answer["name"], _ = cutLast(o.name, "/") // of a cluster, the name is the id
				answer["location"] = location(o.name)
			},
		},
	)
}
