// Package product drafts the PRODUCT.yaml of a submission to CNCF Kubernetes AI Conformance, and checks one as the program's own
// validator does.
package product

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

// The statuses of a submission. Nobody but the vendor gives one.
const (
	Implemented          = "Implemented"
	NotImplemented       = "Not Implemented"
	PartiallyImplemented = "Partially Implemented"
	NotApplicable        = "N/A"
)

// Statuses lists what a vendor can claim.
var Statuses = []string{Implemented, NotImplemented, PartiallyImplemented, NotApplicable}

// Claim is what a vendor says of a requirement.
type Claim struct {
	Status   string
	Evidence []string // URLs, or files beside the submission
	Notes    string
}

// Product is what a vendor says.
type Product struct {
	// Metadata holds the submission's metadata by its names: "platformName". What is missing stays the checklist's placeholder.
	Metadata map[string]string
	Claims   map[string]Claim
}

// artifact is the file of test results that a draft names as evidence of what was verified.
const artifact = "junit.xml"

// Draft fills a published checklist in. It gives id, description and level as they stand there, as status what the vendor claims and
// nothing else, and as notes what the probes found. A claim that the report contradicts is an error.
func Draft(checklist []byte, report kars.Report, product Product) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(checklist, &document); err != nil {
		return nil, fmt.Errorf("read the checklist: %w", err)
	}
	if len(document.Content) == 0 {
		return nil, errors.New("read the checklist: it is empty; give the text of a published docs/AIConformance-*.yaml")
	}
	metadata, spec := child(document.Content[0], "metadata"), child(document.Content[0], "spec")
	if metadata == nil || spec == nil {
		return nil, errors.New("read the checklist: it has no metadata or no spec; give the text of a published docs/AIConformance-*.yaml")
	}
	if version := child(metadata, "kubernetesVersion"); version == nil || strings.TrimPrefix(version.Value, "v") != report.Version {
		return nil, fmt.Errorf("the checklist is not that of %s, which the report is of", report.Version)
	}
	for _, name := range slices.Sorted(maps.Keys(product.Metadata)) {
		if _, known := fields[name]; !known {
			return nil, fmt.Errorf("%q is not in the metadata of a submission; there are %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		set(metadata, name, text(product.Metadata[name]))
	}
	if product.Metadata["repoUrl"] == "" {
		// It is optional, and its placeholder would be an error.
		remove(metadata, "repoUrl")
	}
	claims := maps.Clone(product.Claims)
	for i := 1; i < len(spec.Content); i += 2 {
		for _, requirement := range spec.Content[i].Content {
			id := child(requirement, "id")
			if id == nil {
				return nil, errors.New("read the checklist: a requirement has no id")
			}
			result, ok := report.Result(id.Value)
			if !ok {
				return nil, fmt.Errorf("the checklist asks for %q, of which the report says nothing", id.Value)
			}
			claim, claimed := claims[id.Value]
			delete(claims, id.Value)
			if err := fill(requirement, result, claim, claimed, report.Finished); err != nil {
				return nil, err
			}
		}
	}
	if len(claims) > 0 {
		return nil, fmt.Errorf("%s is claimed, which the checklist of %s does not ask for", strings.Join(slices.Sorted(maps.Keys(claims)), ", "), report.Version)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return nil, fmt.Errorf("write the submission: %w", err)
	}
	return out.Bytes(), encoder.Close()
}

// Try says what is wrong with a checklist, or with what a vendor says, whatever a cluster is like, so that it is known before anybody looks.
func Try(checklist []byte, list kars.Checklist, product Product) error {
	nothing := kars.Report{Version: list.Version}
	for _, r := range list.Requirements {
		nothing.Results = append(nothing.Results, kars.Result{Requirement: r, Finding: kars.Finding{Status: kars.Unknown}})
	}
	_, err := Draft(checklist, nothing, product)
	return err
}

func fill(requirement *yaml.Node, result kars.Result, claim Claim, claimed bool, at time.Time) error {
	if claimed && !slices.Contains(Statuses, claim.Status) {
		return fmt.Errorf("%s is claimed to be %q; a claim is one of %s", result.ID, claim.Status, strings.Join(Statuses, ", "))
	}
	if (claim.Status == Implemented || claim.Status == PartiallyImplemented) && result.Status == kars.NotDetected {
		return fmt.Errorf("%s is claimed to be %q, and a probe found otherwise: %s", result.ID, claim.Status, result.Reason)
	}
	evidence := slices.Clone(claim.Evidence)
	if claimed && result.Status == kars.Verified && !slices.Contains(evidence, artifact) {
		evidence = append(evidence, artifact)
	}
	notes := fmt.Sprintf("%s probe of %s: %s. %s", result.Probe, at.UTC().Format(time.DateOnly), strings.ReplaceAll(string(result.Status), "_", " "), result.Reason)
	if claim.Notes != "" {
		notes = claim.Notes + "\n" + notes
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if len(evidence) == 0 {
		list.Style = yaml.FlowStyle
	}
	for _, e := range evidence {
		list.Content = append(list.Content, text(e))
	}
	set(requirement, "status", text(claim.Status))
	set(requirement, "evidence", list)
	set(requirement, "notes", text(notes))
	return nil
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Style: yaml.DoubleQuotedStyle}
}

// child gives the value of a key of a mapping, or nil.
func child(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// set gives a key of a mapping this value. What the checklist says beside the old one is for who fills it in, and goes.
func set(mapping *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content[i+1] = value
			return
		}
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, value)
}

func remove(mapping *yaml.Node, key string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return
		}
	}
}
