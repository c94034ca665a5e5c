# Terraform 1.12 or OpenTofu 1.12, and later ones.
import {
  to = agent_gateway.tools
  identity = {
    namespace = "gateways"
    name      = "tools"
  }
}
