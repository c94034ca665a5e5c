// Package suites checks the gateway with software that others wrote: conformance suites, SDKs, clients, and other implementations of the
// same specifications. What comes from npm is skipped, in plain words, where npm reaches no registry.
package suites

import (
	"testing"

	"github.com/agentward/terraform-provider-agent/acctest/gateway"
)

func TestMain(m *testing.M) { gateway.Main(m) }
