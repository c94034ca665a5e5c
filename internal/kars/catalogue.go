package kars

import (
	_ "embed" // for the catalogue
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:embed catalogue.yaml
var catalogueYAML []byte

// Requirement is one of a checklist, or a proposed one. Its words are ours.
type Requirement struct {
	ID string `json:"id"`
	// Category is the group of the checklist that it stands in, as the checklist spells it; "" for what is proposed.
	Category string `json:"category,omitempty"`
	// KAR is the number of its issue in kubernetes-sigs/ai-conformance; 0 where it has none.
	KAR int `json:"kar,omitempty"`
	// Level is empty for what is proposed.
	Level   Level  `json:"level,omitempty"`
	Title   string `json:"title"`
	Summary string `json:"summary"`
	// Remedy says what to install or to enable.
	Remedy string `json:"remedy"`
	// Hardware says that it takes special hardware to see it work.
	Hardware bool `json:"hardware,omitempty"`
	// Sources are where something proposed is discussed.
	Sources []string `json:"sources,omitempty"`
}

// Checklist is what one version asks for.
type Checklist struct {
	Version string // "1.37"
	Source  string // where it is published
	Date    string // when we read it there, as 2006-01-02
	// Requirements stand in the order of the published checklist.
	Requirements []Requirement
}

type catalogue struct {
	Requirements []Requirement `json:"requirements"`
	Checklists   []struct {
		Version string           `json:"version"`
		Source  string           `json:"source"`
		Date    string           `json:"date"`
		Levels  map[string]Level `json:"levels"`
	} `json:"checklists"`
	Proposed []Requirement `json:"proposed"`
}

// load reads the embedded data once. It cannot fail in a program that passed its tests.
var load = sync.OnceValue(func() catalogue {
	c, err := parse(catalogueYAML)
	if err != nil {
		panic(fmt.Sprintf("the embedded catalogue: %v", err))
	}
	return c
})

func parse(text []byte) (catalogue, error) {
	var c catalogue
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		return c, err
	}
	known := map[string]bool{}
	for _, r := range append(slices.Clone(c.Requirements), c.Proposed...) {
		if r.ID == "" || r.Title == "" || r.Summary == "" || r.Remedy == "" {
			return c, fmt.Errorf("requirement %q lacks an id, a title, a summary or a remedy", r.ID)
		}
		if known[r.ID] {
			return c, fmt.Errorf("requirement %q is there twice", r.ID)
		}
		known[r.ID] = true
	}
	for _, list := range c.Checklists {
		if list.Source == "" || list.Date == "" {
			return c, fmt.Errorf("checklist %s does not say where it is from, or when", list.Version)
		}
		for id, level := range list.Levels {
			if !known[id] {
				return c, fmt.Errorf("checklist %s asks for %q, which is no requirement", list.Version, id)
			}
			if level != Must && level != Should {
				return c, fmt.Errorf("checklist %s: %q is no level of %q", list.Version, level, id)
			}
		}
	}
	return c, nil
}

// ErrNoVersion says that there is no checklist of a version.
var ErrNoVersion = errors.New("no such checklist")

// Versions lists the versions that have a checklist, the oldest first.
func Versions() []string {
	var versions []string
	for _, list := range load().Checklists {
		versions = append(versions, list.Version)
	}
	return versions
}

// ForVersion gives the checklist of a version: "1.37", or "v1.37".
func ForVersion(version string) (Checklist, error) {
	c := load()
	for _, list := range c.Checklists {
		if list.Version != strings.TrimPrefix(version, "v") {
			continue
		}
		found := Checklist{Version: list.Version, Source: list.Source, Date: list.Date}
		for _, r := range c.Requirements {
			if level, ok := list.Levels[r.ID]; ok {
				r.Level = level
				found.Requirements = append(found.Requirements, r)
			}
		}
		return found, nil
	}
	return Checklist{}, fmt.Errorf("%w: %q; there are %s", ErrNoVersion, version, strings.Join(Versions(), ", "))
}

// Proposed lists what agents need and no checklist asks for.
func Proposed() []Requirement { return slices.Clone(load().Proposed) }

// Find gives the requirement of this id.
func (c Checklist) Find(id string) (Requirement, bool) {
	i := slices.IndexFunc(c.Requirements, func(r Requirement) bool { return r.ID == id })
	if i < 0 {
		return Requirement{}, false
	}
	return c.Requirements[i], true
}

// IDs lists the requirements' ids.
func (c Checklist) IDs() []string {
	ids := make([]string, len(c.Requirements))
	for i, r := range c.Requirements {
		ids[i] = r.ID
	}
	return ids
}
