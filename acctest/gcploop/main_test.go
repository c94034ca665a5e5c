// Package gcploop tries what a Terraform run on Google Cloud leaves where it is cut off, and whether the next one makes an end of it:
// after each request in turn, not after some.
package gcploop

import (
	"runtime/debug"
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/terraform"
)

func TestMain(m *testing.M) {
	// Thousands of runs are made with one provider, and memory is cheaper than time.
	debug.SetGCPercent(800)
	terraform.Main(m)
}
