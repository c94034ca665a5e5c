package permit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/cel"
	"github.com/agentward/terraform-provider-agent/internal/spec"
)

const (
	host   = "destination.unregistered.host"
	path   = "destination.unregistered.path"
	method = "destination.unregistered.method"
)

// at asks that a request is for the target's host, which has its entry in no registry. The port that is the scheme's own may be written.
func (d destination) at() (condition, base string, err error) {
	authority, base, err := d.target.Address()
	if err != nil {
		return "", "", fmt.Errorf("target %q: %q %w", d.allow.Target, d.target.URL, err)
	}
	hosts := []string{authority}
	if !strings.Contains(authority, ":") {
		hosts = append(hosts, authority+defaultPort(d.target))
	}
	return all("destination.is_registered == false", oneOf(host, hosts)), base, nil
}

func defaultPort(t spec.Target) string {
	if strings.HasPrefix(t.URL, "http://") {
		return ":80"
	}
	return ":443"
}

// rest permits operations by method and path. Whether the query is part of the path is not published, so that it may be there.
func (d destination) rest() (string, error) {
	there, base, err := d.at()
	if err != nil {
		return "", err
	}
	if slices.Contains(d.allow.Operations, spec.Everything) && !d.target.Closed() {
		if base == "" {
			return there, nil
		}
		return all(there, below(base)), nil
	}
	var ways []string
	for _, o := range d.target.GoogleOperations(d.allow.Operations) {
		clauses := []string{oneOf(method, []string{o.Method, strings.ToLower(o.Method)}), isPath(base + o.Path)}
		for _, other := range o.Except {
			clauses = append(clauses, "!("+isPath(base+other)+")")
		}
		ways = append(ways, all(clauses...))
	}
	if len(ways) == 0 {
		return "", fmt.Errorf("target %q has none of the operations", d.allow.Target)
	}
	return all(there, anyOf(ways...)), nil
}

// isPath asks for a path, with a query or without. Variables are one segment or a part of it, of characters that have no meaning in a
// URL and need no escapes: a value with an escape in it is refused, since it could be read as another path.
func isPath(template string) string {
	if !strings.Contains(template, "{") {
		return anyOf(path+" == "+cel.String(template), path+".startsWith("+cel.String(template+"?")+")")
	}
	var pattern strings.Builder
	for rest := template; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		pattern.WriteString(regexp.QuoteMeta(literal))
		if !found {
			break
		}
		_, rest, _ = strings.Cut(after, "}")
		pattern.WriteString(`[^/?#%;\\.][^/?#%;\\]*`)
	}
	return path + ".matches(" + cel.String("^"+pattern.String()+`(\?.*)?$`) + ")"
}

// below asks for everything below a path, and for no way back up from it.
func below(base string) string {
	inside := anyOf(path+" == "+cel.String(base), path+".startsWith("+cel.String(base+"/")+")", path+".startsWith("+cel.String(base+"?")+")")
	return all(inside, "!("+up(path)+")")
}

// up says whether a path has a segment that leads out of another, written out or escaped.
func up(path string) string {
	var ways []string
	for _, step := range []string{"..", "%2e", "%2E"} {
		ways = append(ways, path+".contains("+cel.String(step)+")")
	}
	return anyOf(ways...)
}

// grpc permits methods by their paths.
func (d destination) grpc() (string, error) {
	there, base, err := d.at()
	if err != nil {
		return "", err
	}
	posted := oneOf(method, []string{"POST", "post"})
	if slices.Contains(d.allow.Methods, spec.Everything) {
		var ways []string
		for _, service := range sorted(d.target.Services) {
			ways = append(ways, path+".matches("+cel.String("^"+regexp.QuoteMeta(base+"/"+service+"/")+`[A-Za-z_][A-Za-z0-9_]*$`)+")")
		}
		return all(there, posted, anyOf(ways...)), nil
	}
	paths := make([]string, len(d.allow.Methods))
	for i, m := range sorted(d.allow.Methods) {
		paths[i] = base + "/" + m
	}
	return all(there, posted, oneOf(path, paths)), nil
}
