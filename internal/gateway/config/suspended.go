package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/spiffe/go-spiffe/v2/spiffeid"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// suspended reads who may do nothing: from the configuration, and from files of which each line is one more. Those files belong to whoever has to act
// at once, and need not be there.
func (r *reading) suspended(f *written.File) {
	for _, id := range f.Suspended {
		r.suspend(id, f.SuspendedAt)
	}
	for _, pattern := range f.SuspendedFiles {
		r.SuspendedFiles = append(r.SuspendedFiles, r.within(pattern))
		found, err := r.matching(pattern)
		if err != nil && !errors.Is(err, ErrLater) {
			r.wrong(f.SuspendedFilesAt, r.start(), "Not a pattern of files", "%q: %v. Use one such as \"suspended/*\".", pattern, err)
		}
		for _, file := range found {
			text, err := r.source.Read(file, mostSuspended)
			if err != nil {
				r.wrong(f.SuspendedFilesAt, r.start(), "Suspensions cannot be read", "%s: %v.", file, err)
				continue
			}
			r.suspendAll(file, string(text))
		}
	}
}

// SuspendedNow gives who the files of suspensions name now, for a configuration that is in force while another cannot be used. An entry that
// names nobody, and a file that cannot be read, keep nobody else from being suspended.
func (c *Config) SuspendedNow() []string {
	r := &reading{source: machine{}}
	for _, pattern := range c.SuspendedFiles {
		found, _ := r.matching(pattern)
		for _, file := range found {
			if text, err := r.source.Read(file, mostSuspended); err == nil {
				r.suspendAll(file, string(text))
			}
		}
	}
	return slices.DeleteFunc(r.Suspended, func(id string) bool { return nobody(id) != "" })
}

// suspendAll suspends those that a file names.
func (r *reading) suspendAll(file, text string) {
	at := hcl.InitialPos
	for line := range strings.Lines(text) {
		if id, from := entry(line); id != "" {
			start := hcl.Pos{Line: at.Line, Column: 1 + from, Byte: at.Byte + from}
			r.suspend(id, hcl.Range{Filename: file, Start: start, End: hcl.Pos{Line: at.Line, Column: start.Column + len(id), Byte: start.Byte + len(id)}})
		}
		at = hcl.Pos{Line: at.Line + 1, Column: 1, Byte: at.Byte + len(line)}
	}
}

// entry gives what a line names, "" for nothing, and where in it that begins. What follows a # is a comment where the # begins the line or comes
// after a space: names may have one.
func entry(line string) (id string, from int) {
	space := true
	for i, r := range line {
		if r == '#' && space {
			line = line[:i]
			break
		}
		space = unicode.IsSpace(r)
	}
	id = strings.TrimSpace(line)
	return id, strings.Index(line, id)
}

// suspend suspends one. Who is misspelt would go on, without a word.
func (r *reading) suspend(id string, at hcl.Range) {
	if why := nobody(id); why != "" {
		r.wrong(at, r.start(), "Nobody is suspended", "%q: %s.", id, why)
	}
	r.Suspended = append(r.Suspended, id)
}

// nobody says why an entry suspends nobody, "" where it may well.
func nobody(id string) string {
	if id == "" || strings.HasSuffix(id, "/") {
		return "name an agent's SPIFFE ID, without a slash at the end, or a subject"
	}
	if strings.HasPrefix(id, "spiffe:") {
		if _, err := spiffeid.FromString(id); err != nil {
			return fmt.Sprintf("%v. Use a SPIFFE ID such as \"spiffe://example.org/ns/payments/agent/billing\"", err)
		}
	}
	return ""
}
