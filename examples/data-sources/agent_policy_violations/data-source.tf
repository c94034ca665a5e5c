# What the reports say of the pods in the namespace for agents.
data "agent_policy_violations" "agents" {
  namespaces = ["agents"]
  policies   = ["agents"]
}

# Every plan warns while agents that are there break the policy, or while nobody looks.
check "agents_keep_the_policy" {
  assert {
    condition     = length(data.agent_policy_violations.agents.sources) > 0
    error_message = "Nothing in the cluster writes policy reports."
  }
  assert {
    condition = data.agent_policy_violations.agents.totals.fail == 0
    error_message = join("\n", [
      for r in data.agent_policy_violations.agents.results : "${coalesce(r.resource.name, "?")}: ${coalesce(r.message, r.policy)}"
    ])
  }
}

# How much is wrong in the whole cluster, without the list of it.
data "agent_policy_violations" "totals" {
  limit = 0
}

output "policy_failures" {
  value = data.agent_policy_violations.totals.totals.fail
}
