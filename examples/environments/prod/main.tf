# Production: signed images alone, replicas that share a store with a password, in several zones.
terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "prod.example.org"
}

module "stack" {
  source = "../stack"

  trust_domain = "prod.example.org"
  enforcement  = "enforce"
  dpop_nonces  = true

  store = {
    url      = "rediss://valkey.agent-system.svc:6379"
    password = { secret = "valkey", key = "password" }
  }
  deployment = {
    autoscaling = { min = 3, max = 10 }
    zone_spread = true
    resources = {
      requests = { cpu = "500m", memory = "256Mi" }
      limits   = { memory = "1Gi" }
    }
  }

  admission = {
    engine         = "kyverno"
    actions        = ["deny"]
    failure_policy = "Fail"
    signed_images = {
      images = ["registry.example.org/*"]
      keyless = {
        issuer  = "https://token.actions.githubusercontent.com"
        subject = "https://github.com/example/images/.github/workflows/release.yaml@refs/heads/main"
      }
    }
  }
}

output "stack" {
  value = module.stack
}
