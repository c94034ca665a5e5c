terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

provider "agent" {
  trust_domain = "agents.example.org"

  kubernetes = {
    config_path    = "~/.kube/config"
    config_context = "production"
  }
}
