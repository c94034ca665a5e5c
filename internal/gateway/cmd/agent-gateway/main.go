// Command agent-gateway stands between agents and what they call: it knows who calls, understands what is asked for, decides by policy,
// and writes down what it decided.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// environment is what a command may use of the process.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	hangup         <-chan os.Signal
}

// command is one thing that the program does.
type command struct {
	name, summary string
	run           func(ctx context.Context, e environment, args []string) error
}

var commands = []command{
	{"serve", "serve the listeners of a configuration", serve},
	{"check", "validate a configuration and its policies", check},
	{"explain", "say how a call would be decided, and why", explain},
	{"sidecar", "give an unmodified client a plain endpoint on loopback", runSidecar},
	{"token", "print an access token of an agent", fetchToken},
	{"schema", "print the Cedar schema that policies are written in", schema},
	{"version", "print what this program was built from", showVersion},
}

// errTold ends the program without another word: what is wrong has been said.
var errTold = errors.New("")

// errFlags does where the command line is wrong.
var errFlags = errors.New("")

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM) //nolint:govet // until the process ends
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	os.Exit(run(ctx, environment{os.Stdin, os.Stdout, os.Stderr, hangup}, os.Args[1:]))
}

// run gives the exit status: 0, 1 for what went wrong, 2 for a command line that is.
func run(ctx context.Context, e environment, args []string) int {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name != args[0] {
				continue
			}
			err := c.run(ctx, e, args[1:])
			switch {
			case err == nil || errors.Is(err, flag.ErrHelp):
				return 0
			case errors.Is(err, errFlags):
				return 2
			case !errors.Is(err, errTold):
				fmt.Fprintf(e.stderr, "agent-gateway %s: %v\n", c.name, err)
			}
			return 1
		}
		if args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
			usage(e.stdout)
			return 0
		}
		fmt.Fprintf(e.stderr, "agent-gateway: there is no command %q\n\n", args[0])
	}
	usage(e.stderr)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintf(w, "usage: agent-gateway <command> [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprintf(w, "\nagent-gateway <command> -h lists a command's flags.\n")
}

// flags parses the flags of a command, which takes nothing else.
func flags(e environment, name string, define func(*flag.FlagSet), args []string) error {
	f := flag.NewFlagSet("agent-gateway "+name, flag.ContinueOnError)
	f.SetOutput(e.stderr)
	define(f)
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errFlags // the flag set has said it
	}
	if f.NArg() > 0 {
		fmt.Fprintf(e.stderr, "agent-gateway %s: %q is too much: there are only flags\n", name, f.Arg(0))
		return errFlags
	}
	return nil
}
