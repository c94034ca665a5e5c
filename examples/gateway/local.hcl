# A gateway for one machine. Nothing else has to be installed: identities are issued by a development authority.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

token_service {}

listener "agents" {
  address = "127.0.0.1:8443" # TLS; agents bring an SVID, a token and a proof of possession
}

target "bank" {
  protocol = "mcp"
  url      = "http://127.0.0.1:3000/mcp"
}

policies {
  files = ["policies/*.cedar"]
}

audit {
  stdout    = true
  arguments = ["amount"] # values that the log may show; of all others it has a digest
}

admin {
  address = "127.0.0.1:9901"
}
