package platform

import (
	"context"

	"github.com/agentward/terraform-provider-agent/acctest/controlplane"
	"github.com/agentward/terraform-provider-agent/acctest/crd"
)

// spire brings in the server before the agents: these need the bundle that the server writes.
func (s *setup) spire(ctx context.Context) error {
	crds, err := crd.SPIRE.Find(ctx)
	if err != nil {
		return err
	}
	if err := controlplane.InstallCRDs(ctx, s.Config, crds); err != nil {
		return err
	}
	if err := s.bring(ctx, "spire-server.yaml"); err != nil {
		return err
	}
	return s.bring(ctx, "spire-agent.yaml")
}
