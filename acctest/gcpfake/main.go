// Command gcpfake serves a fake of those of Google's APIs that the gcp stack uses, so that the stack can be tried without an account: it
// refuses what Google's published descriptions refuse, and keeps what it is told in memory until it is interrupted. It prints the
// provider block to use, and then a line for each request.
//
//	go run ./acctest/gcpfake [-addr 127.0.0.1:8099] [-project agents-1] [-number 111111111111] [-organization 555555555555]
//	    [-region us-central1] [-polls 2] [-hidden 1] [-there //binaryauthorization.googleapis.com/projects/agents-1/attestors/ci]...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/agentward/terraform-provider-agent/internal/gcp"
	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "gcpfake:", err)
		os.Exit(1)
	}
}

// token is what the provider signs its requests with. Anything else is refused, as are requests without any.
const token = "fake"

// run serves until the context ends. The provider block goes to out, and what happens to log.
func run(ctx context.Context, args []string, out, log io.Writer) error {
	flags := flag.NewFlagSet("gcpfake", flag.ContinueOnError)
	flags.SetOutput(log)
	address := flags.String("addr", "127.0.0.1:8099", "address to serve at")
	var project gcptest.Project
	flags.StringVar(&project.ID, "project", "agents-1", "ID of the one project there is")
	flags.StringVar(&project.Number, "number", "111111111111", "the project's number")
	organization := flags.String("organization", "555555555555", "number of the organization that the project belongs to")
	region := flags.String("region", "us-central1", "region that the provider block names")
	polls := flags.Int("polls", 2, "how often an operation is asked for until it is done")
	hidden := flags.Int("hidden", 1, "how many reads of a new object do not find it yet")
	var there []string
	flags.Func("there", "full name of a resource that is there already, and that nobody here makes; may be given again", func(name string) error {
		there = append(there, name)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("there are no arguments beside flags: %q", flags.Args())
	}
	server := gcptest.New(gcptest.Options{
		Projects: []gcptest.Project{project}, Organization: *organization, AccessToken: token,
		Polls: *polls, HiddenReads: *hidden, LingeringReads: *hidden,
		Log: func(r gcptest.Request) { fmt.Fprintln(log, line(r)) },
	})
	for _, name := range there {
		_, relative, _ := strings.Cut(strings.TrimPrefix(name, "//"), "/")
		if err := server.Put(name, map[string]any{"name": relative}); err != nil {
			return fmt.Errorf("-there %s: %w", name, err)
		}
	}
	if err := server.Listen(*address); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	defer server.Close()
	fmt.Fprint(out, providerBlock(server, project, *region))
	<-ctx.Done()
	for _, name := range server.Names() {
		if !slices.Contains(there, name) {
			fmt.Fprintln(log, "left:", name)
		}
	}
	return nil
}

// providerBlock is the configuration of a provider that uses the fake.
func providerBlock(server *gcptest.Server, project gcptest.Project, region string) string {
	attributes := [][2]string{
		{"project", project.ID},
		{"project_number", project.Number},
		{"region", region},
		{"access_token", token},
	}
	for _, service := range gcp.Services {
		if api, _, _ := strings.Cut(service.Host, "."); gcptest.Serves(api) {
			attributes = append(attributes, [2]string{service.Attribute(), server.Endpoint(api)})
		}
	}
	longest := 0
	for _, attribute := range attributes {
		longest = max(longest, len(attribute[0]))
	}
	var b strings.Builder
	b.WriteString("provider \"agent\" {\n  stack = \"gcp\"\n\n  gcp = {\n")
	for _, attribute := range attributes {
		fmt.Fprintf(&b, "    %-*s = %q\n", longest, attribute[0], attribute[1])
	}
	b.WriteString("  }\n}\n")
	return b.String()
}

// line is a request as the log has it.
func line(r gcptest.Request) string {
	path := r.Path
	if len(r.Query) > 0 {
		path += "?" + r.Query.Encode()
	}
	if r.Message != "" {
		return fmt.Sprintf("%d %s %s: %s", r.Status, r.Verb, path, r.Message)
	}
	return fmt.Sprintf("%d %s %s", r.Status, r.Verb, path)
}
