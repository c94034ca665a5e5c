package product

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// fields are those of a submission's metadata, and whether the validator insists on them. It does on k8sConformanceUrl, for all versions,
// though the checklists of some have no place for it.
var fields = map[string]bool{
	"kubernetesVersion": true, "platformName": true, "platformVersion": true, "vendorName": true, "websiteUrl": true, "repoUrl": false,
	"documentationUrl": true, "productLogoUrl": true, "description": true, "contactEmailAddress": true, "k8sConformanceUrl": true,
}

var conformanceURL = regexp.MustCompile(`^https://github\.com/cncf/k8s-conformance/tree/(master|main)/v\d+\.\d+/[^/]+/?$`)

type submission struct {
	Metadata map[string]any     `yaml:"metadata"`
	Spec     map[string][]entry `yaml:"spec"`
}

type entry struct {
	ID          string   `yaml:"id"`
	Description string   `yaml:"description"`
	Level       string   `yaml:"level"`
	Status      string   `yaml:"status"`
	Evidence    []string `yaml:"evidence"`
	Notes       string   `yaml:"notes"`
}

// Check gives what the program's validator would find wrong with a submission, sorted, and what its rules for submissions forbid besides:
// a changed id, description or level. What the validator asks of the network is not asked: whether URLs answer, and whether vendorName
// is that of a CNCF member (https://landscape.cncf.io/members). exists says whether there is a file beside the submission.
func Check(checklist, text []byte, exists func(path string) bool) ([]string, error) {
	var asked, given submission
	if err := yaml.Unmarshal(checklist, &asked); err != nil {
		return nil, fmt.Errorf("read the checklist: %w", err)
	}
	if err := yaml.Unmarshal(text, &given); err != nil {
		return nil, fmt.Errorf("read the submission: %w", err)
	}
	problems := checkMetadata(given.Metadata)
	if given.Spec == nil {
		problems = append(problems, "there is no spec")
	}
	for _, category := range slices.Sorted(maps.Keys(asked.Spec)) {
		entries, ok := given.Spec[category]
		if !ok {
			problems = append(problems, fmt.Sprintf("category %s is missing", category))
			continue
		}
		for _, want := range asked.Spec[category] {
			i := slices.IndexFunc(entries, func(e entry) bool { return e.ID == want.ID })
			if i < 0 {
				problems = append(problems, fmt.Sprintf("%s is missing in %s", want.ID, category))
				continue
			}
			problems = append(problems, checkEntry(want, entries[i], exists)...)
		}
	}
	slices.Sort(problems)
	return problems, nil
}

func checkMetadata(metadata map[string]any) []string {
	if metadata == nil {
		return []string{"there is no metadata"}
	}
	var problems []string
	for name, required := range fields {
		value, ok := metadata[name]
		if !ok {
			value = metadata[snake(name)]
		}
		said, isText := value.(string)
		switch {
		case value == nil && !required:
		case value == nil:
			problems = append(problems, fmt.Sprintf("metadata: %s is missing", name))
		case !isText:
			problems = append(problems, fmt.Sprintf("metadata: %s is no text; quote it", name))
		case said == "" && required:
			problems = append(problems, fmt.Sprintf("metadata: %s is empty", name))
		case strings.HasPrefix(said, "[") && strings.HasSuffix(said, "]"):
			problems = append(problems, fmt.Sprintf("metadata: %s still is the placeholder %s", name, said))
		case name == "k8sConformanceUrl" && said != "" && !conformanceURL.MatchString(said):
			problems = append(problems, fmt.Sprintf("metadata: k8sConformanceUrl is %q; it has to be like https://github.com/cncf/k8s-conformance/tree/master/v1.37/product", said))
		case name == "productLogoUrl" && strings.HasPrefix(said, "http") && !logo(said):
			problems = append(problems, fmt.Sprintf("metadata: productLogoUrl is %q; it has to be that of an SVG, EPS or AI file", said))
		}
	}
	return problems
}

func logo(url string) bool {
	url = strings.ToLower(url)
	return strings.HasSuffix(url, ".svg") || strings.HasSuffix(url, ".eps") || strings.HasSuffix(url, ".ai")
}

func checkEntry(want, got entry, exists func(string) bool) []string {
	var problems []string
	add := func(format string, args ...any) {
		problems = append(problems, want.ID+": "+fmt.Sprintf(format, args...))
	}
	if got.Description != want.Description || got.Level != want.Level {
		add("its description or its level is not the checklist's")
	}
	if want.Level == "SHOULD" && got.Status == "" && len(got.Evidence) == 0 {
		return problems
	}
	switch {
	case got.Status == "" && want.Level == "MUST":
		add("it is a MUST and has no status: only %s passes, N/A does not", Implemented)
		return problems
	case !slices.Contains(Statuses, got.Status):
		add("its status is %q, which is none of %s", got.Status, strings.Join(Statuses, ", "))
	}
	if want.Level == "MUST" && got.Status != Implemented {
		add("it is a MUST, and its status is %q: only %s passes, N/A does not", got.Status, Implemented)
	}
	if got.Status == NotApplicable && got.Notes == "" {
		add("N/A needs notes that say why")
	}
	for _, evidence := range got.Evidence {
		if evidence == "" || strings.HasPrefix(evidence, "http://") || strings.HasPrefix(evidence, "https://") {
			continue
		}
		if !exists(evidence) {
			add("its evidence %q is neither a URL nor a file beside the submission", evidence)
		}
	}
	return problems
}

// snake is the other way to write a key: platform_name.
func snake(camel string) string {
	var out strings.Builder
	for _, r := range camel {
		if unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}
