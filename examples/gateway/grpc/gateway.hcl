# A service of gRPC behind the gateway, which reads each message by the service's descriptors.

development_authority {
  trust_domain = "example.org"
  directory    = ".agentward" # beside this file; holds keys
}

listener "agents" {
  address = "127.0.0.1:8446" # mutual TLS, HTTP/2
}

target "shop" {
  protocol    = "grpc"
  url         = "http://127.0.0.1:3003"
  services    = ["shop.v1.Orders"]
  descriptors = "shop.binpb" # protoc --include_imports --descriptor_set_out=shop.binpb shop.proto
}

policies {
  files = ["policies/*.cedar"]
}

audit {
  stdout    = true
  arguments = ["cents"]
}
