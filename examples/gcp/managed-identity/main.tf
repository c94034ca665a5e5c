terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

provider "agent" {
  stack = "gcp"
  gcp = {
    project        = "acme-agents"
    project_number = "123456789012"
  }
}

# An agent on a virtual machine, in a trust domain of its own, whose certificates Google's CA signs.
resource "agent_identity" "reconciler" {
  name      = "reconciler"
  namespace = "payments"

  gcp = {
    managed = {
      pool = {
        id     = "acme-payments"
        create = true
        certificate_issuance = {
          shared_ca                  = true
          lifetime                   = "24h"
          rotation_window_percentage = 60
        }
      }
      attestation_rules = ["//compute.googleapis.com/projects/123456789012/uid/zones/us-central1-a/instances/4711"]
    }
  }
}

output "spiffe_id" {
  value = agent_identity.reconciler.spiffe_id_template
}
