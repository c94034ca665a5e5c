# A gateway by which an agent on this machine reaches what lies beyond.

listener "out" {
  address   = "127.0.0.1:8080"
  direction = "agent_to_anywhere"                           # a forward proxy, besides the paths of its targets
  plain     = true                                          # for programs of this machine alone
  principal = "spiffe://example.org/ns/demo/agent/assistant" # whoever reaches it is this agent
}

target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp" # an address that stands here itself is meant; a name could not lead to this machine
}

target "site" {
  protocol = "mcp"
  url      = "https://127.0.0.1:3443"
  tunnel   = true # CONNECT to its host and port, where a policy permits that
}

policies {
  files = ["policies/*.cedar"]
}
