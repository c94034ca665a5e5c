data "kars_conformance" "cluster" {
  provider = agent
  version  = "1.37"
}

# Every plan warns while the cluster does not conform.
check "the_cluster_conforms" {
  assert {
    condition     = data.kars_conformance.cluster.conforms
    error_message = join("\n", [for id, text in data.kars_conformance.cluster.unmet : "${id}: ${text}"])
  }
}

output "requirements" {
  value = { for id, result in data.kars_conformance.cluster.results : id => result.status }
}
