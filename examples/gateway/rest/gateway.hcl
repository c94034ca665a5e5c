# An HTTP API behind the gateway, with the operations of its OpenAPI document.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

listener "local" {
  address   = "127.0.0.1:8445"
  plain     = true # on this machine alone: whoever reaches it is the agent
  principal = "spiffe://example.org/ns/demo/agent/assistant"
}

target "crm" {
  protocol = "rest"
  url      = "http://127.0.0.1:3002/v1"
  openapi  = "openapi.yaml"
}

policies {
  files = ["policies/*.cedar"]
}

audit {
  stdout    = true
  arguments = ["path"]
}
