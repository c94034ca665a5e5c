package oss

import (
	"net"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// What a pod with a sidecar has by these names is the policy's, whoever brought it.
const (
	// SidecarContainer is the name of the container that a policy adds.
	SidecarContainer = "agent-gateway"
	// SidecarVariable is where the agent's containers find the sidecar: the environment variable that holds its URL.
	SidecarVariable = "AGENT_GATEWAY_URL"

	sidecarVolume = "agent-gateway-workload-api"
)

// mutatingPolicy renders what adds the sidecar, for the API server's own engine and for Kyverno by the same expressions. A pod gets it
// when it is created, since none can be given a container later. It runs anew where others change the pod after it.
func mutatingPolicy(p spec.AdmissionPolicy) []stack.Object {
	if p.Sidecar == nil {
		return nil
	}
	match := matchSelectors(p)
	match["matchPolicy"] = "Equivalent"
	match["resourceRules"] = []any{map[string]any{
		"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"pods"},
	}}
	content := map[string]any{
		"failurePolicy":      failurePolicy(p),
		"reinvocationPolicy": "IfNeeded",
		"matchConstraints":   match,
		"matchConditions":    []any{map[string]any{"name": "gets-the-sidecar", "expression": getsSidecar(p)}},
		"variables":          sidecarVariables(*p.Sidecar),
		"mutations": []any{map[string]any{
			"patchType": "JSONPatch", "jsonPatch": map[string]any{"expression": sidecarPatch()},
		}},
	}
	if p.Engine == spec.EngineKyverno {
		// Autogeneration would add the sidecar to templates too, which whoever applies them would see as drift.
		content["autogen"] = map[string]any{
			"podControllers":          map[string]any{"controllers": []any{}},
			"mutatingAdmissionPolicy": map[string]any{"enabled": false},
		}
		content["evaluation"] = map[string]any{
			"admission": map[string]any{"enabled": true}, "background": map[string]any{"enabled": false},
		}
		key := stack.Key{Group: kyvernoGroup, Version: "v1", Kind: "MutatingPolicy", Name: p.Name}
		return []stack.Object{object(p, key, map[string]any{"spec": content})}
	}
	key := stack.Key{Group: "admissionregistration.k8s.io", Version: "v1", Kind: "MutatingAdmissionPolicy", Name: p.Name}
	policy := object(p, key, map[string]any{"spec": content})
	binding := map[string]any{"policyName": p.Name}
	if selectors := matchSelectors(p); len(selectors) > 0 {
		binding["matchResources"] = selectors
	}
	key.Kind = "MutatingAdmissionPolicyBinding"
	return []stack.Object{policy, object(p, key, map[string]any{"spec": binding})}
}

// getsSidecar is true of the pods that a sidecar is added to: the approved ones. One on its node's network gets none, since its
// loopback is the node's: every process there could call as the agent.
func getsSidecar(p spec.AdmissionPolicy) string {
	condition := `!(has(object.spec.hostNetwork) && object.spec.hostNetwork)`
	if l := p.Rules.ApprovalLabel; l != nil {
		condition += ` && ` + carriesLabel(*l)
	}
	return condition
}

// sidecarVariables are what the patch is made of. Lists of names are there because CEL of Kubernetes has no loop that counts: an index is
// looked up by a name.
func sidecarVariables(s spec.Sidecar) []any {
	names := func(list string) string { return `has(` + list + `) ? ` + list + `.map(x, x.name) : []` }
	var variables []any
	for _, v := range []struct{ name, expression string }{
		{"sidecar", cel.Value(sidecarContainer(s))},
		{"workloadAPI", cel.Value(workloadAPIVolume(sidecarVolume, s.WorkloadAPI))},
		{"url", cel.Value(map[string]any{"name": SidecarVariable, "value": "http://" + sidecarAddress(s)})},
		{"initContainers", names("object.spec.initContainers")},
		{"containers", names("object.spec.containers")},
		{"volumes", names("object.spec.volumes")},
	} {
		variables = append(variables, map[string]any{"name": v.name, "expression": v.expression})
	}
	return variables
}

// sidecarPatch puts the sidecar before all other init containers, so that these can call too, and takes away what bears its names: a
// container that an agent brings as "agent-gateway" never passes for it. Doing it twice is doing it once. Where something has
// a name twice, what stays makes the pod invalid, save for variables of the environment, of which the last counts. The values are
// none of the pod's own: API servers cannot write what their CEL has read of a container back.
func sidecarPatch() string {
	operation := func(op, path, value string) string {
		if value != "" {
			value = ", value: " + value
		}
		return `JSONPatch{op: "` + op + `", path: ` + path + value + `}`
	}
	// put replaces the item of this name in a list that there may be none of.
	put := func(list, at, name, item string) []string {
		names, path := "variables."+list, `"/spec/`+list
		remove := operation("remove", path+`/" + string(`+names+`.indexOf(`+cel.String(name)+`))`, "")
		return []string{
			cel.String(name) + ` in ` + names + ` ? [` + remove + `] : []`,
			`size(` + names + `) > 0 ? [` + operation("add", path+`/`+at+`"`, item) + `] : [` + operation("add", path+`"`, `[`+item+`]`) + `]`,
		}
	}
	list := put("initContainers", "0", SidecarContainer, "variables.sidecar")
	list = append(list, put("volumes", "-", sidecarVolume, "variables.workloadAPI")...)

	variable, name := "variables.url", cel.String(SidecarVariable)
	env := `(has(c.env) ? c.env.map(x, x.name) : [])`
	at := `"/spec/containers/" + string(variables.containers.indexOf(c.name)) + "/env`
	each := func(condition, operation string) {
		list = append(list, `object.spec.containers.filter(c, `+condition+`).map(c, `+operation+`)`)
	}
	each(`size(`+env+`) == 0`, operation("add", at+`"`, `[`+variable+`]`))
	each(`size(`+env+`) > 0 && !(`+name+` in `+env+`)`, operation("add", at+`/0"`, variable))
	each(name+` in `+env, operation("replace", at+`/" + string(`+env+`.indexOf(`+name+`))`, variable))
	each(name+` in `+env, operation("replace", at+`/" + string(`+env+`.lastIndexOf(`+name+`))`, variable))
	return "(" + strings.Join(list, ")\n+ (") + ")"
}

// sidecarContainer is a native sidecar: an init container that is started before the agent and goes on beside it, and that keeps no
// Job from ending. It meets the restricted Pod Security Standard.
func sidecarContainer(s spec.Sidecar) map[string]any {
	resources := s.ResourcesOrDefault()
	needs := map[string]any{}
	if len(resources.Requests) > 0 {
		needs["requests"] = anyMap(resources.Requests)
	}
	if len(resources.Limits) > 0 {
		needs["limits"] = anyMap(resources.Limits)
	}
	return map[string]any{
		"name":          SidecarContainer,
		"image":         s.Image,
		"args":          anySlice(sidecarArgs(s)),
		"restartPolicy": "Always",
		"resources":     needs,
		"securityContext": map[string]any{
			"runAsNonRoot": true, "runAsUser": nobody, "runAsGroup": nobody,
			"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
			"capabilities":   map[string]any{"drop": []any{"ALL"}},
			"seccompProfile": map[string]any{"type": "RuntimeDefault"},
		},
		"volumeMounts": []any{map[string]any{"name": sidecarVolume, "mountPath": workloadAPIFolder, "readOnly": true}},
		// The agent starts once its identity has come, which may take as long as SPIRE takes to learn of the pod.
		"startupProbe": map[string]any{
			"httpGet":       map[string]any{"path": "/readyz", "port": int64(s.Port + 1)},
			"periodSeconds": int64(1), "timeoutSeconds": int64(2), "failureThreshold": int64(300),
		},
	}
}

func sidecarAddress(s spec.Sidecar) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
}

func sidecarArgs(s spec.Sidecar) []string {
	args := []string{"sidecar"}
	for _, target := range s.URLs() {
		args = append(args, "-url", target)
	}
	if len(s.Targets) == 0 {
		args = append(args, "-url", s.Gateway)
	} else {
		args = append(args, "-paths")
	}
	args = append(args, "-gateway-id", s.GatewayID)
	if s.TokenEndpoint != "" {
		args = append(args, "-token-endpoint", s.TokenEndpoint)
	}
	return append(args, "-workload-api", workloadAPIAddress(s.WorkloadAPI),
		"-listen", sidecarAddress(s), "-ready", ":"+strconv.Itoa(s.Port+1))
}

// sidecarRule asks of an approved pod that it was given the sidecar, and of an update that it leaves it so: images of containers can be
// changed, and somebody else's program under this name would have the agent's identity and its calls. An image that was pinned
// to a digest since is the same image.
func sidecarRule(p spec.AdmissionPolicy) rule {
	s := *p.Sidecar
	image := `c.image == ` + cel.String(s.Image)
	if !strings.Contains(s.Image, "@") {
		image = `(` + image + ` || c.image.startsWith(` + cel.String(s.Image+"@") + `))`
	}
	named := `c.name == ` + cel.String(SidecarContainer)
	ours := image + ` && has(c.restartPolicy) && c.restartPolicy == "Always" && has(c.args) && c.args == ` + cel.Strings(sidecarArgs(s)) +
		` && !has(c.command) && !has(c.env) && !has(c.envFrom)`
	expression := `variables.isUpdate ? variables.newContainers.all(c, !(` + named + `) || ` + ours + `) : ` +
		`has(object.spec.initContainers) && object.spec.initContainers.exists(c, ` + named + ` && ` + ours + `)`
	if l := p.Rules.ApprovalLabel; l != nil {
		expression = `!variables.isUpdate && !(` + carriesLabel(*l) + `) || (` + expression + `)`
	}
	return rule{name: spec.SidecarRule, expression: expression, message: spec.SidecarRule +
		": the pod must have the sidecar " + SidecarContainer + " as this policy adds it; a pod with hostNetwork gets none"}
}
