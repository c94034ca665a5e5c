package platform

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/agentward/terraform-provider-agent/acctest/tool"
)

// pullTimeout bounds the try to pull a released image: where there is no registry, nothing may answer at all.
const pullTimeout = 2 * time.Minute

// images names all images, and has those that are made here loaded into the cluster's nodes.
func (s *setup) images(ctx context.Context) error {
	all := images()
	var err error
	if s.built, err = s.mustBuild(ctx, all[0]); err != nil {
		return err
	}
	cache, err := tool.Cache()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(cache, "images", "programs"), 0o755); err != nil {
		return err
	}
	there, err := s.Kind.Images(ctx)
	if err != nil {
		return err
	}
	packer, err := tool.Image.Build(ctx, func(line string) { s.say("image: %s", line) })
	if err != nil {
		return err
	}
	var archives []string
	for _, i := range all {
		if i.released != "" && !s.built {
			*i.field(&s.Images) = i.released
			continue
		}
		name, archive, err := i.archive(ctx, packer, func(line string) { s.say("%s: %s", i.name, line) })
		if err != nil {
			return fmt.Errorf("%s: %w", i.name, err)
		}
		*i.field(&s.Images) = name
		if !slices.Contains(there, name) {
			archives = append(archives, archive)
		}
	}
	for i, archive := range archives {
		s.say("[%d/%d] loading %s", i+1, len(archives), filepath.Base(archive))
		if err := s.Kind.LoadArchive(ctx, archive); err != nil {
			return err
		}
	}
	return nil
}

// mustBuild says whether images are made here, and tries to pull one where the options leave it open.
func (s *setup) mustBuild(ctx context.Context, first image) (bool, error) {
	switch s.Source {
	case "built":
		return true, nil
	case "released":
		return false, nil
	case "":
	default:
		return false, fmt.Errorf("images are %q, which is neither released nor built", s.Source)
	}
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	if err := exec.CommandContext(ctx, "docker", "pull", "--quiet", first.released).Run(); err != nil {
		s.say("%s cannot be pulled (%v): images are made here, of programs from Go modules", first.released, err)
		return true, nil //nolint:nilerr // it is the answer to the question
	}
	return false, nil
}
