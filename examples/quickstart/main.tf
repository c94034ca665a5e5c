terraform {
  required_version = ">= 1.11"
  required_providers {
    agent = { source = "agentward/agent" }
  }
}

# The cluster is the one that KUBE_CONFIG_PATH names.
provider "agent" {
  trust_domain = "agents.example.org"
}

# Who the agent is: every pod of it gets a SPIFFE ID and a certificate of its own.
resource "agent_identity" "billing" {
  name      = "billing"
  namespace = "agents"
}

# What an agent must be like to be let in. The API server itself enforces this; nothing has to be installed for it.
resource "agent_admission_policy" "approved" {
  name   = "approved-agents"
  engine = "native"

  namespace_selector = {
    match_labels = { "workload-type" = "ai-agent" }
  }

  rules = {
    approval_label = {
      key    = "agentward.dev/approved"
      values = ["true"]
    }
    security_context = {
      run_as_non_root           = true
      no_privilege_escalation   = true
      read_only_root_filesystem = true
      drop_all_capabilities     = true
      seccomp_runtime_default   = true
    }
  }
}
