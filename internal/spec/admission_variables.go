package spec

import "github.com/agentward/terraform-provider-agent/internal/cel"

// AdmissionVariables are the CEL variables that every policy carries and that a custom rule can use, each after those that
// it uses itself:
//
//   - isUpdate: bool, whether a pod that exists is being changed
//   - unchanged: bool, on an update, whether labels, annotations and spec stay as they are
//   - containers: all containers, init and ephemeral ones included
//   - newContainers: those that this request adds or changes; on a create, all
//   - images, newImages: the same, as maps of reference (the image with its registry spelt out: "nginx:1" is
//     "docker.io/library/nginx:1") and repository (the same without tag and digest)
func AdmissionVariables() []cel.Variable {
	return []cel.Variable{
		// Not oldObject == null: Kyverno gives an empty map on a create.
		{Name: "isUpdate", Expression: `request.operation == "UPDATE"`},
		{Name: "unchanged", Expression: `object.spec == oldObject.spec` +
			` && object.metadata.?labels == oldObject.metadata.?labels` +
			` && object.metadata.?annotations == oldObject.metadata.?annotations`},
		{Name: "containers", Expression: allContainers("object")},
		{Name: "oldContainers", Expression: allContainers("oldObject")},
		{Name: "newContainers", Expression: `!variables.isUpdate ? variables.containers` +
			` : variables.containers.filter(c, !(c in variables.oldContainers))`},
		{Name: "images", Expression: imagesOf("variables.containers")},
		{Name: "newImages", Expression: imagesOf("variables.newContainers")},
	}
}

// allContainers are of two types, which dyn lets stand in one list.
func allContainers(pod string) string {
	return `dyn(` + pod + `.spec.containers)` +
		` + (has(` + pod + `.spec.initContainers) ? ` + pod + `.spec.initContainers : [])` +
		` + (has(` + pod + `.spec.ephemeralContainers) ? ` + pod + `.spec.ephemeralContainers : [])`
}

// imagesOf spells references out as container runtimes do (the distribution project's reference.ParseDockerRef): what
// stands before the first slash is a registry where it holds a dot, a colon or a capital, or is "localhost".
func imagesOf(containers string) string {
	return containers +
		`.map(c, has(c.image) ? string(c.image) : "")` +
		`.map(i, i.contains("/") && (i.split("/")[0].matches("[.:A-Z]") || i.split("/")[0] == "localhost") ? i : "docker.io/" + i)` +
		`.map(i, i.startsWith("index.docker.io/") ? i.substring(6) : i)` +
		`.map(i, i.startsWith("docker.io/") && !i.substring(10).contains("/") ? "docker.io/library/" + i.substring(10) : i)` +
		`.map(i, {"reference": i, "repository": [i.split("@")[0]]` +
		`.map(n, n.lastIndexOf(":") > n.lastIndexOf("/") ? n.substring(0, n.lastIndexOf(":")) : n)[0]})`
}
