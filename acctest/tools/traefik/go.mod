// The version of Traefik. It is built from a copy of its module, with module.patch applied: its zip lacks what is generated (the web
// interface) and a module in it, and of the DNS providers for ACME, which nothing here asks for, not every module proxy serves the SDKs.
// What it requires is in Traefik's own go.mod.
module github.com/agentward/terraform-provider-agent/acctest/tools/traefik

go 1.26.0

tool github.com/traefik/traefik/v3/cmd/traefik

require github.com/traefik/traefik/v3 v3.7.13
