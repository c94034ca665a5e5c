# Staging: what production would refuse is refused, short of what only production has.
terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "staging.example.org"
}

module "stack" {
  source = "../stack"

  trust_domain = "staging.example.org"
  enforcement  = "enforce"
  store        = { url = "redis://valkey.agent-system.svc:6379" }
  deployment   = { replicas = 2 }
  admission = {
    engine         = "native"
    actions        = ["deny"]
    failure_policy = "Fail"
  }
}

output "stack" {
  value = module.stack
}
