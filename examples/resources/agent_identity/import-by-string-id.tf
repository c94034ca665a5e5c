import {
  to = agent_identity.billing
  id = "agents/billing"
}
