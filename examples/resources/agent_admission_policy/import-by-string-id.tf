import {
  to = agent_admission_policy.agents
  id = "agents"
}
