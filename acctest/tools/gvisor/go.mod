// The version of gVisor, of the branch whose generated files are in it. It is built from a copy of its module, with module.patch applied, for
// nodes that are containers: the shim does without a capability that root lacks there (to be spared when memory runs out), and
// ignore-cgroups holds for all containers of a pod, not for the first alone. What it requires is in gVisor's own go.mod.
module github.com/agentward/terraform-provider-agent/acctest/tools/gvisor

go 1.26.0

tool (
	gvisor.dev/gvisor/runsc
	gvisor.dev/gvisor/shim
)

require gvisor.dev/gvisor v0.0.0-20260905035102-160fafc42237
