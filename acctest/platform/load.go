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
	archives, err := s.archives(ctx, all, filepath.Join(cache, "images", "lock"))
	if err != nil {
		return err
	}
	archives = slices.DeleteFunc(archives, func(a archive) bool { return slices.Contains(there, a.name) })
	for i, a := range archives {
		s.say("[%d/%d] loading %s", i+1, len(archives), filepath.Base(a.path))
		if err := s.Kind.LoadArchive(ctx, a.path); err != nil {
			return err
		}
	}
	return nil
}

// archive is an image that is made here.
type archive struct{ name, path string }

// archives names all images, and makes those that are made here. Whoever else does so for another cluster has the same files, and waits.
func (s *setup) archives(ctx context.Context, all []image, lock string) ([]archive, error) {
	unlock, err := tool.Lock(ctx, lock, func() { s.say("images are made for another cluster too; waiting for that") })
	if err != nil {
		return nil, err
	}
	defer unlock()
	packer, err := tool.Image.Build(ctx, func(line string) { s.say("image: %s", line) })
	if err != nil {
		return nil, err
	}
	var made []archive
	for _, i := range all {
		if i.released != "" && !s.built {
			*i.field(&s.Images) = i.released
			continue
		}
		a, err := i.archive(ctx, packer, func(line string) { s.say("%s: %s", i.name, line) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", i.name, err)
		}
		*i.field(&s.Images) = a.name
		made = append(made, a)
	}
	return made, nil
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
