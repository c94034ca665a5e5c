# Terraform 1.12 or OpenTofu 1.12, and later ones.
import {
  to = agent_admission_policy.agents
  identity = {
    name = "agents"
  }
}
