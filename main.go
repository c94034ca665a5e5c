// Command terraform-provider-agent governs AI agents on Kubernetes from Terraform. By itself, as "terraform-provider-agent kars", it says
// whether a cluster can carry them.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/agentward/terraform-provider-agent/internal/kars/command"
	"github.com/agentward/terraform-provider-agent/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	// What Terraform starts has no arguments, or flags.
	if len(os.Args) > 1 && os.Args[1] == "kars" {
		os.Exit(command.Main(os.Args[2:], "terraform-provider-agent "+version))
	}
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
