// Command terraform-provider-agent governs AI agents on Kubernetes from Terraform.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/agentward/terraform-provider-agent/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger to attach to")
	flag.Parse()
	if err := provider.LimitLogs(); err != nil {
		log.Fatal(err)
	}
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/agentward/agent",
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
