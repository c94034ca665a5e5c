package config

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// reading is a configuration on its way from what is written to what is meant.
type reading struct {
	Config
	source      Source
	folder      string
	text        []byte
	diagnostics hcl.Diagnostics
}

// wrong notes an error. at is what to point at, or, where that was not written, the block.
func (r *reading) wrong(at, block hcl.Range, summary, format string, values ...any) {
	if at.Empty() {
		at = block
	}
	r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, values...), Subject: at.Ptr(),
	})
}

// warn notes what is no error.
func (r *reading) warn(at hcl.Range, summary, format string, values ...any) {
	r.diagnostics = append(r.diagnostics, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(format, values...), Subject: at.Ptr(),
	})
}

// within makes a path of the configuration one of the process.
func (r *reading) within(name string) string {
	if name == "" || filepath.IsAbs(name) || path.IsAbs(name) {
		return name
	}
	return filepath.Join(r.folder, name)
}

// readable notes a file that is named and cannot be read.
func (r *reading) readable(file string, at, block hcl.Range) {
	if file == "" {
		return
	}
	if err := r.source.Check(file); err != nil {
		r.wrong(at, block, "File cannot be read", "%v.", err)
	}
}

// sharedSecret notes a file of a secret that cannot be used, which has fewer bytes than least.
func (r *reading) sharedSecret(file string, least int, at, block hcl.Range) {
	text, err := r.source.Read(file, mostSecret)
	switch {
	case errors.Is(err, ErrLater):
	case err != nil:
		r.wrong(at, block, "Secret cannot be read", "%v. Make one with: head -c 32 /dev/urandom > %s", err, file)
	case len(text) < least:
		r.wrong(at, block, "Secret is too short", "%s has %d bytes, and needs %d. Make one with: head -c 32 /dev/urandom > %s", file, len(text), least, file)
	}
}

// matching gives the files that match a pattern of the configuration, hidden ones aside, which is how mounted folders keep what they swap. The pattern
// is watched as well as the files, so that one that comes later is seen.
func (r *reading) matching(pattern string) ([]string, error) {
	path := r.within(pattern)
	r.Files = append(r.Files, path)
	found, err := r.source.Glob(path)
	found = slices.DeleteFunc(found, func(name string) bool {
		return strings.HasPrefix(filepath.Base(name), ".") && !strings.HasPrefix(filepath.Base(path), ".")
	})
	r.Files = append(r.Files, found...)
	return found, err
}

// admin reads where operators ask.
func (r *reading) admin(a *written.Admin) {
	if a == nil {
		return
	}
	if !loopback(a.Address) && !a.Remote {
		r.wrong(a.AddressAt, a.At, "Admin address is not on loopback",
			"%q: whoever reaches it reads metrics and what is in force. Use an address such as \"127.0.0.1:9901\", or set remote = true where the network keeps others out.",
			a.Address)
	}
	for _, l := range r.Listeners {
		if collide(l.Address, a.Address) {
			r.wrong(a.AddressAt, a.At, "Address is taken", "%q: listener %q has %q already. Operators need an address of their own.", a.Address, l.Name, l.Address)
		}
	}
	r.Admin = a.Address
}

func (r *reading) file(f *written.File) {
	r.Revision = f.Revision
	r.identities(f)
	r.issuers(f)
	r.agents(f)
	r.limits(f.Limits)
	r.suspended(f)
	r.shared(f)
	for i := range f.Listeners {
		r.listener(&f.Listeners[i], f.TokenService != nil)
	}
	r.tokenService(f)
	for i := range f.Targets {
		r.target(&f.Targets[i])
	}
	for i := range f.Listeners {
		r.served(&f.Listeners[i])
	}
	r.telemetry(f.Telemetry)
	r.agentCards(f.AgentCards)
	r.guard(f)
	r.audit(f.Audit)
	r.store(f.Store)
	r.admin(f.Admin)
	r.policies(f.Policies)
	if len(f.Listeners) == 0 {
		r.wrong(r.start(), r.start(), "No listener", "Add a block such as listener \"agents\" { address = \"127.0.0.1:8443\" }.")
	}
	if len(f.Targets) == 0 {
		r.wrong(r.start(), r.start(), "No target", "Add a block target \"tools\" with protocol = \"mcp\" and url = \"http://127.0.0.1:3000/mcp\".")
	}
}

// start is the beginning of the file, for what is missing.
func (r *reading) start() hcl.Range {
	return hcl.Range{Filename: r.File, Start: hcl.InitialPos, End: hcl.Pos{Line: 1, Column: 2, Byte: 1}}
}
