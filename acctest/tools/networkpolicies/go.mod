// The version of kube-network-policies. It is built from a copy of its module, with module.patch applied, for nodes that are containers:
// packets are handed to it by a target of xtables, as not every kernel has nftables' own expression for that, and what ends at the node
// itself, the API server of a cluster of one node for one, is decided on too. What it requires is in its own go.mod.
module github.com/agentward/terraform-provider-agent/acctest/tools/networkpolicies

go 1.26.0

tool sigs.k8s.io/kube-network-policies/cmd

require sigs.k8s.io/kube-network-policies v0.8.0
