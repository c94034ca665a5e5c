# What the patterns are checked and explained with. Nothing of it has to run.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward"
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8445"
}

target "tickets" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3002/mcp"
}

target "files" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3003/mcp"
}

policies {
  files = ["patterns/*.cedar"]
}
