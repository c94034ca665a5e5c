# One agent by two ways: with certificate, token and proof over TLS, and as whoever reaches a plain listener of this machine.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8445" # TLS; agents bring an SVID, a token and a proof of possession
}

listener "here" {
  address   = "127.0.0.1:8080"
  plain     = true
  principal = "spiffe://example.org/ns/demo/agent/assistant"
}

agent "spiffe://example.org/ns/demo/*" {
  labels = { team = "front-desk" }
}

target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}

policies {
  files = ["policies/*.cedar"]
}
