# Every pod of the namespace with the label agentward.dev/agent = billing gets a SPIFFE ID of its own:
# spiffe://agents.example.org/ns/agents/agent/billing/instance/<pod uid>
resource "agent_identity" "billing" {
  name         = "billing"
  namespace    = "agents"
  trust_domain = "agents.example.org"

  x509_ttl = "15m"
  jwt_ttl  = "5m"

  # Whom to tell when the agent, or one pod of it, is to be cut off at once: suspended = true, or the UIDs of pods in
  # suspended_instances. Each is the id of an agent_gateway.
  gateways = ["gateways/edge"]
}

# An agent that is no pod, known to the SPIRE server by the Unix user of its process.
resource "agent_identity" "nightly" {
  name         = "nightly"
  namespace    = "batch"
  trust_domain = "agents.example.org"
  registration = "server"

  instances = {
    "host-1" = {
      parent_id = "spiffe://agents.example.org/node/host-1"
      selectors = ["unix:uid:5000"]
    }
  }
}
