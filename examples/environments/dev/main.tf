# Development: everything is recorded, and nothing refused.
terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "dev.example.org"
}

module "stack" {
  source = "../stack"

  trust_domain = "dev.example.org"
  enforcement  = "audit"
  admission = {
    engine         = "native"
    actions        = ["audit", "warn"]
    failure_policy = "Ignore"
  }
}

output "stack" {
  value = module.stack
}
