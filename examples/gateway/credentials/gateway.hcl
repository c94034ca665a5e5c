# A gateway that has a credential of its own for the server behind it.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward"
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8446"
}

target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3002/mcp"

  credential "static" {
    file = "bank.token" # read again when it changes
  }
}

policies {
  files = ["policies/*.cedar"]
}
