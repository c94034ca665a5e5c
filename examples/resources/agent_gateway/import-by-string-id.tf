import {
  to = agent_gateway.tools
  id = "gateways/tools"
}
