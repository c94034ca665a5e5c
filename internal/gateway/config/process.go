package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Process is a stdio server of MCP that the gateway starts.
type Process struct {
	Command   []string // the program and its arguments
	Directory string   // it works in, that of the configuration where nothing is said
	// Env are variables of its environment, besides the few that every process gets. EnvFiles are the same, with what is in files.
	Env, EnvFiles map[string]string
	Idle          time.Duration // after which a session without a request, or a process without one, is ended
	PerAgent      int64         // processes of one agent
	Total         int64         // processes of the target
	Stop          time.Duration // a process has to end by itself
}

// variable is a name of the environment.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// process reads what is said of a server that the gateway starts, nil where the target has a URL.
func (r *reading) process(t *written.Target) *Process {
	if t.Command == nil {
		for _, a := range []struct {
			name string
			at   hcl.Range
			said bool
		}{
			{"env", t.EnvAt, t.Env != nil},
			{"env_files", t.EnvFilesAt, t.EnvFiles != nil},
			{"directory", t.DirectoryAt, t.Directory != ""},
			{"processes", t.At, t.Processes != nil},
		} {
			if a.said {
				r.wrong(a.at, t.At, "Nothing is started", "%s is for a target with a command.", a.name)
			}
		}
		return nil
	}
	made := &Process{Command: slices.Clone(t.Command), Directory: r.within(t.Directory), Env: t.Env, Idle: 10 * time.Minute, PerAgent: 8, Total: 64, Stop: 5 * time.Second}
	if len(made.Command) == 0 || made.Command[0] == "" {
		r.wrong(t.CommandAt, t.At, "Nothing to start", "Name a program and its arguments, such as [\"npx\", \"-y\", \"@modelcontextprotocol/server-everything\"].")
	} else if name := made.Command[0]; strings.Contains(name, "/") {
		made.Command[0] = r.within(name)
	}
	if made.Directory == "" {
		made.Directory = r.folder
	} else if err := r.source.Folder(made.Directory); err != nil {
		r.wrong(t.DirectoryAt, t.At, "Not a directory", "%v: the server is to work there.", err)
	}
	if t.Protocol != "mcp" {
		r.wrong(t.ProtocolAt, t.At, "Not a protocol of processes", "%q: a server that is started speaks \"mcp\".", t.Protocol)
	}
	if t.URL != "" || t.TLS != nil || t.Credentials != nil || t.Tunnel || t.KeepHost || t.AllowPrivate != nil {
		r.wrong(t.CommandAt, t.At, "Command and URL", "Target %q is a process: leave url, tls, credential, tunnel, keep_host and allow_private out. Secrets go to env_files.", t.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Env)) {
		if !variable.MatchString(name) || strings.Contains(t.Env[name], "\x00") {
			r.wrong(t.EnvAt, t.At, "Not a variable", "%q: a name has letters, digits and _ alone, and a value no NUL.", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.EnvFiles)) {
		if _, twice := t.Env[name]; twice || !variable.MatchString(name) {
			r.wrong(t.EnvFilesAt, t.At, "Not a variable", "%q: a name has letters, digits and _ alone, and stands in env or in env_files.", name)
		}
		path := r.within(t.EnvFiles[name])
		r.readable(path, t.EnvFilesAt, t.At)
		if made.EnvFiles == nil {
			made.EnvFiles = map[string]string{}
		}
		made.EnvFiles[name] = path
	}
	if p := t.Processes; p != nil {
		r.number(&made.PerAgent, p.PerAgent, p.PerAgentAt, 1, 1<<12)
		r.number(&made.Total, p.Total, p.TotalAt, 1, 1<<12)
		if p.Idle != "" {
			r.duration(&made.Idle, p.Idle, p.IdleAt, 7*24*time.Hour)
		}
		if p.Stop != "" {
			r.duration(&made.Stop, p.Stop, p.StopAt, time.Minute)
		}
	}
	return made
}
