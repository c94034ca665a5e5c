// The version of Kubernetes' example of a DRA driver. It is built from a copy of its module, with module.patch applied: the accelerators that
// it makes up are environment variables and nothing else, and DEVICE_NODE names a file of the node that is handed out with each. What it
// requires is in the driver's own go.mod.
module github.com/agentward/terraform-provider-agent/acctest/tools/draexample

go 1.26.0

tool sigs.k8s.io/dra-example-driver/cmd/dra-example-kubeletplugin

require sigs.k8s.io/dra-example-driver v0.2.1
