package server

import (
	"fmt"
	"os"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/gateway/shared"
)

// openShared reads the secrets that replicas share, nil where the configuration names none. What signs until others know of a new first secret is up
// to the configuration that is in force.
func (s *Server) openShared(c *config.Config) (*shared.Secrets, error) {
	if len(c.SecretFiles) == 0 {
		return nil, nil //nolint:nilnil // there is nothing to share
	}
	texts, err := readSecrets(c.SecretFiles)
	if err != nil {
		return nil, fmt.Errorf("shared secrets: %w", err)
	}
	var before *shared.Secrets
	if g := s.now.Load(); g != nil {
		before = g.shared
	}
	return shared.Follow(before, texts, s.options.Now), nil
}

func readSecrets(files []string) ([][]byte, error) {
	var texts [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// secrets gives those of one purpose: derived from what replicas share, or random bytes that every generation of this process has alike.
func (s *Server) secrets(g *generation, purpose string) (*shared.Secrets, error) {
	if g.shared != nil {
		return g.shared.For(purpose)
	}
	if s.alone[purpose] == nil {
		made, err := g.identity.secret(purpose)
		if err != nil {
			return nil, fmt.Errorf("secret %s: %w", purpose, err)
		}
		s.alone[purpose] = made
	}
	return shared.Of(s.alone[purpose]), nil
}
