terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names, a cluster of GKE in the project.
provider "agent" {
  stack = "gcp"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
    region         = "us-central1"
  }
}

module "platform" {
  source = "../../../modules/agent-platform"
  stack  = "gcp"

  namespace    = "agent-system"
  trust_domain = "acme-agents.svc.id.goog"
  mode         = "agent_to_anywhere"

  targets         = { bank = module.bank.target }
  tool_namespaces = ["tools"]

  agent_namespaces = {
    payments = {
      targets = ["bank"]
      allow   = module.billing.allow
    }
  }

  # Before agents on GKE, a gateway stands over proxies of one's own (Preview).
  gcp = {
    data_plane    = "gke"
    resource_uris = ["//networkservices.googleapis.com/projects/acme-agents/locations/us-central1/gateways/egress"]
    connectivity_template = {
      access_types     = ["PRIVATE"]
      deployment_model = "AMBIENT"
    }
  }

  admission = {
    allowed_registries = ["us-docker.pkg.dev/acme-agents"]
    resource_limits    = { required = ["cpu", "memory"] }
  }

  # Images in the namespaces of agents were built by us, or are not let in.
  binary_authorization = {
    namespace_rules = {
      payments = {
        evaluation = "REQUIRE_ATTESTATION"
        attestors  = ["projects/acme-agents/attestors/built-by-ci"]
      }
    }
  }
}

module "bank" {
  source = "../../../modules/mcp-server"
  stack  = "gcp"

  name      = "bank"
  namespace = "tools"
  images    = ["us-docker.pkg.dev/acme-agents/tools/bank"]
  tools = jsonencode({
    tools = [
      { name = "balance", description = "Balance of an account", annotations = { readOnlyHint = true } },
      { name = "transfer", description = "Moves money" },
    ]
  })
}

module "billing" {
  source = "../../../modules/agent"
  stack  = "gcp"

  name      = "billing"
  namespace = "payments"
  gateways  = [module.platform.gateway]

  # Agent Registry has it as RuntimeIdentity once the agent's Deployment runs.
  gcp = {
    gke = { principal = "principal://agents.global.org-555555555555.system.id.goog/resources/container/example" }
  }

  allow = {
    balances = { target = "bank", tools = ["balance"] }
  }
}

output "billing" {
  value = {
    service_account      = module.billing.service_account_name
    pod_labels           = module.billing.pod_labels
    pod_annotations      = module.billing.pod_annotations
    workload_labels      = module.billing.workload_labels
    workload_annotations = module.billing.workload_annotations
  }
}
