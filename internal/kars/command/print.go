package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/agentward/terraform-provider-agent/internal/kars"
	"github.com/agentward/terraform-provider-agent/internal/kars/active"
	"github.com/agentward/terraform-provider-agent/internal/kars/passive"
	"github.com/agentward/terraform-provider-agent/internal/kars/publish"
)

// conclude prints the report, writes its files, and gives the exit code.
func (o *options) conclude(report kars.Report, gate kars.Gate, stdout io.Writer) (int, error) {
	now := time.Now()
	printReport(stdout, report)
	if err := o.write(publish.Document{Report: report, Gate: gate, Now: now}, stdout); err != nil {
		return exitFailed, err
	}
	if report.Interrupted {
		return exitFailed, errors.New("the API server stopped answering before everything was read")
	}
	unmet := gate.Judge(report, now).Unmet
	code := exitMet
	for _, r := range unmet {
		fmt.Fprintf(stdout, "\n%s (%s) is required and not met.\n  %s\n", r.ID, r.Level, r.Complaint())
		switch {
		case r.Level == kars.Must:
			code = exitMust
		case code == exitMet:
			code = exitShould
		}
	}
	return code, nil
}

func printReport(stdout io.Writer, report kars.Report) {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, r := range report.Results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Level, r.ID, r.Status, r.Reason)
	}
	for _, r := range report.Proposed {
		fmt.Fprintf(table, "proposed\t%s\t%s\t%s\n", r.ID, r.Status, r.Reason)
	}
	_ = table.Flush() // to a terminal, of which nothing more can be said
}

func printList(stdout io.Writer, list kars.Checklist) {
	fmt.Fprintf(stdout, "AI conformance %s, as published at %s, read %s\n\n", list.Version, list.Source, list.Date)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, r := range list.Requirements {
		number := ""
		if r.KAR != 0 {
			number = fmt.Sprintf("KAR-%d", r.KAR)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Level, r.ID, number, r.Summary)
	}
	for _, r := range kars.Proposed() {
		fmt.Fprintf(table, "proposed\t%s\t\t%s\n", r.ID, r.Summary)
	}
	_ = table.Flush()
	fmt.Fprint(stdout, "\nWhat is proposed is no part of conformance.\n")
}

// printRole prints the ClusterRole of a passive run, or that of an active one, which looks first.
func printRole(stdout io.Writer, tries bool) error {
	name, rules := "agentward-kars", passive.Rules()
	if tries {
		name, rules = "agentward-kars-active", append(rules, active.Rules()...)
	}
	text, err := yaml.Marshal(map[string]any{
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
		"metadata": map[string]any{"name": name}, "rules": rules,
	})
	if err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}

// write puts the report's files into the folder. Nothing is written without one.
func (o *options) write(document publish.Document, stdout io.Writer) error {
	if o.out == "" {
		return nil
	}
	var written []string
	for _, file := range []struct {
		name string
		text func() ([]byte, error)
	}{
		{"report.json", document.JSON},
		{"junit.xml", document.JUnit},
		{"report.html", document.HTML},
		{"PRODUCT.yaml", func() ([]byte, error) { return o.submission.draft(document.Report, o.out, stdout) }},
	} {
		text, err := file.text()
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(o.out, file.name), text, 0o644); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		written = append(written, file.name)
	}
	fmt.Fprintf(stdout, "\nIn %s: %s\n", o.out, strings.Join(written, ", "))
	return nil
}

// canWrite makes the folder, and sees that files can be made in it: nobody wants to hear that after half an hour.
func canWrite(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	file, err := os.CreateTemp(folder, ".kars-")
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}
