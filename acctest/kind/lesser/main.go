// Command lesser stands for runc on machines whose root lacks CAP_SYS_RESOURCE, where runc refuses every privileged container: it takes
// from what is to run the capability, and the limits that only the capability could set, and hands over to runc.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// runc is the program that it stands for. The wrapper is found before it on PATH.
const runc = "/usr/sbin/runc"

const capability = "CAP_SYS_RESOURCE"

func main() {
	if file, within := description(os.Args[1:]); file != "" {
		if err := lessen(file, within); err != nil {
			fmt.Fprintf(os.Stderr, "lesser: %v\n", err)
			os.Exit(1)
		}
	}
	err := syscall.Exec(runc, append([]string{runc}, os.Args[1:]...), os.Environ())
	fmt.Fprintf(os.Stderr, "lesser: %s: %v\n", runc, err)
	os.Exit(1)
}

// description gives the file that says what a command line is to run, and whether the process is a part of it; "" for a command that
// runs nothing.
func description(args []string) (file string, within bool) {
	command, folder, process := "", ".", ""
	for i, a := range args {
		name, value, joined := strings.Cut(a, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case command == "" && (a == "create" || a == "run" || a == "exec"):
			command = a
		case command != "" && (name == "--bundle" || name == "-b"):
			folder = value
		case command != "" && (name == "--process" || name == "-p"):
			process = value
		}
	}
	switch command {
	case "create", "run":
		return filepath.Join(folder, "config.json"), true
	case "exec":
		return process, false
	}
	return "", false
}

// lessen rewrites a description of the OCI runtime specification.
func lessen(file string, within bool) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var all map[string]any
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	process := all
	if within {
		process, _ = all["process"].(map[string]any)
	}
	if process == nil {
		return nil
	}
	sets, _ := process["capabilities"].(map[string]any)
	for name, set := range sets {
		list, _ := set.([]any)
		kept := make([]any, 0, len(list))
		for _, c := range list {
			if c != capability {
				kept = append(kept, c)
			}
		}
		sets[name] = kept
	}
	delete(process, "rlimits")
	if score, ok := process["oomScoreAdj"].(json.Number); ok && strings.HasPrefix(score.String(), "-") {
		process["oomScoreAdj"] = 0
	}
	if text, err = json.Marshal(all); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
