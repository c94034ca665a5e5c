# A gateway that starts an MCP server and speaks with it on standard input and output.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward"
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8445"
}

target "bank" {
  protocol  = "mcp"
  command   = ["../../../.build/bin/mcp-server", "-stdio"]
  env       = { LANG = "C.UTF-8" } # of the gateway's own environment it gets no more than PATH, HOME and the like

  processes {
    idle_time = "5m" # after which a session that nobody uses, and its process, are ended
    per_agent = 4
    total     = 16
  }
}

policies {
  files = ["policies/*.cedar"]
}
