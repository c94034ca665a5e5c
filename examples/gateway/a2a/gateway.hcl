# A gateway before an A2A agent, for one machine.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8443"
}

target "bank" {
  protocol = "a2a"
  url      = "http://127.0.0.1:3001" # the card is below it, at /.well-known/agent-card.json

  a2a {
    jsonrpc   = "http://127.0.0.1:3001/rpc"
    http_json = "http://127.0.0.1:3001/rest"
    grpc      = "http://127.0.0.1:3001"
  }
}

policies {
  files = ["policies/*.cedar"]
}
