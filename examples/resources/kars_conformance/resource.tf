# The type's first word is not the provider's name, so the provider has to be said.
resource "kars_conformance" "cluster" {
  provider = agent

  version = "1.37"
  require = ["must", "workload_sandboxing"]

  # What this cluster lives without for now. The day after, it counts again.
  accepted_gaps = {
    cluster_autoscaling = {
      reason  = "The nodes with accelerators are leased for the year."
      expires = "2027-12-31"
    }
  }
}

# Agents come only to a cluster that can carry them.
resource "agent_identity" "billing" {
  name         = "billing"
  namespace    = "agents"
  trust_domain = "agents.example.org"

  depends_on = [kars_conformance.cluster]
}

# Every plan says what the cluster does not tell, and what is proposed for agents and not there.
check "nothing_is_left_open" {
  assert {
    condition     = length(kars_conformance.cluster.undetermined) == 0
    error_message = "The cluster does not tell: ${join(", ", kars_conformance.cluster.undetermined)}."
  }
  assert {
    condition     = kars_conformance.cluster.proposed["agent_identity"].status != "not_detected"
    error_message = kars_conformance.cluster.proposed["agent_identity"].reason
  }
}

output "conformance_report" {
  value = kars_conformance.cluster.html
}
