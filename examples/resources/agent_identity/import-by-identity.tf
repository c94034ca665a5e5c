# Terraform 1.12 or OpenTofu 1.12, and later ones.
import {
  to = agent_identity.billing
  identity = {
    namespace = "agents"
    name      = "billing"
  }
}
