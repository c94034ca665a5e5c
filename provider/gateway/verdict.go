package gateway

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/config"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss"
	"github.com/agentward/terraform-provider-agent/provider/attribute"
)

// configuration is where the gateway finds its configuration in the pod.
const configuration = oss.ConfigFolder + "/" + oss.ConfigFile

// verdict is what the gateway's own code says of a rendered configuration.
type verdict struct {
	problems spec.Problems
	warnings spec.Problems
}

// judge reads a rendered configuration as the gateway will. Its files are those of its ConfigMap; Secrets and what else only the
// cluster has are taken to be as they should.
func judge(rendered oss.Config, policies int) verdict {
	files := map[string][]byte{}
	for key, text := range rendered.Files {
		files[oss.ConfigFolder+"/"+key] = text
	}
	source := config.Memory{Texts: files}
	for _, mirror := range rendered.Mirrors {
		source.Later = append(source.Later, path.Join(path.Dir(oss.ConfigFolder), mirror.Directory))
	}
	read, diagnostics := config.ParseFrom(source, configuration, files[configuration])
	var v verdict
	schema := resourceSchema().Attributes
	for _, d := range diagnostics {
		problem := spec.Problem{Path: attributeOf(schema, files, d), Detail: detail(files, d)}
		if d.Severity == hcl.DiagError {
			v.problems = append(v.problems, problem)
		} else {
			v.warnings = append(v.warnings, problem)
		}
	}
	if read != nil && policies == 0 {
		v.warnings = append(v.warnings, spec.Problem{Path: []any{"policies"}, Detail: "there are no policies, so that no call is permitted: add policies, or allow"})
	}
	return v
}

// attributeOf gives the attribute that the gateway complains of: that of the policy which it points into, or that which the place in
// its configuration was made from.
func attributeOf(schema attribute.Set, files map[string][]byte, d *hcl.Diagnostic) []any {
	if d.Subject == nil {
		return nil
	}
	if attribute, name, ok := policyFile(d.Subject.Filename); ok {
		return []any{attribute, spec.MapKey(name)}
	}
	offset := d.Subject.Start.Byte
	if d.Subject.Filename != configuration { // a document, which the configuration names
		offset = bytes.Index(files[configuration], []byte(strconv.Quote(path.Base(d.Subject.Filename))))
	}
	if offset < 0 {
		return nil
	}
	return located(schema, files[configuration], offset)
}

// policyFile gives the attribute and the name that a file of policies is of.
func policyFile(file string) (attribute, name string, ok bool) {
	base, cedar := strings.CutSuffix(path.Base(file), ".cedar")
	if !cedar {
		return "", "", false
	}
	if name, ok = strings.CutPrefix(base, "policy."); ok {
		return "policies", name, true
	}
	name, ok = strings.CutPrefix(base, "allow.")
	return "allow", name, ok
}

// detail gives what the gateway says, with the place in the text of a policy or a document and the line itself.
func detail(files map[string][]byte, d *hcl.Diagnostic) string {
	text := d.Summary + ": " + d.Detail
	if d.Subject == nil {
		return text
	}
	at := d.Subject.Start
	if _, known := files[d.Subject.Filename]; !known || d.Subject.Filename == configuration || at.Line < 1 {
		return text
	}
	if attribute, name, ok := policyFile(d.Subject.Filename); ok && attribute == "allow" {
		text = fmt.Sprintf("The policy that it compiles to (see rendered_policies[\"allow.%s\"]) is refused: %s", name, d.Detail)
	}
	return fmt.Sprintf("Line %d, column %d: %s%s", at.Line, at.Column, strings.TrimPrefix(text, "Policy cannot be used: "), quoted(files[d.Subject.Filename], at.Line, at.Column))
}

// quoted shows a line of a text with a mark below the column, which counts from 1 as the line does.
func quoted(text []byte, line, column int) string {
	lines := strings.Split(string(text), "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	number := fmt.Sprintf("  %d | ", line)
	before := lines[line-1][:min(max(column-1, 0), len(lines[line-1]))]
	indent := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	return fmt.Sprintf("\n\n%s%s\n%s| %s^", number, lines[line-1], strings.Repeat(" ", len(number)-2), indent)
}
