# A gateway in front of an MCP server with sessions.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward"
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8444"
}

target "kitchen" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3001/mcp"
  versions = ["2025-06-18", "2025-11-25", "2026-07-28"] # calls in any other revision are refused
}

policies {
  files = ["policies/*.cedar"]
}
