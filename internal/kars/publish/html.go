package publish

import (
	"bytes"
	_ "embed" // for the page
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

//go:embed report.html.tmpl
var pageText string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"words":  func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
	"day":    func(t time.Time) string { return t.Format("2 January 2006") },
	"minute": func(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") },
}).Parse(pageText))

// categories gives each part of a checklist a name, in the order of the checklists.
var categories = []struct{ id, title string }{
	{"accelerators", "Accelerators"},
	{"networking", "Networking"},
	{"schedulingOrchestration", "Scheduling and orchestration"},
	{"observability", "Observability"},
	{"security", "Security"},
	{"operator", "Operators"},
}

type row struct {
	kars.Result
	Standing standing
	Gap      *kars.Gap // where it is not met
	Lapsed   bool      // the gap is over, and the requirement counts again
}

type section struct {
	Title string
	Rows  []row
}

type tally struct {
	Level              kars.Level
	Met, Unmet, Unsure int
	Total              int
}

// HTML gives the report as one page that needs nothing from anywhere.
func (d Document) HTML() ([]byte, error) {
	standings := d.standings()
	rows := func(results []kars.Result, keep func(kars.Result) bool) []row {
		var list []row
		for _, r := range results {
			if !keep(r) {
				continue
			}
			one := row{Result: r, Standing: standings[r.ID]}
			if gap, ok := d.Gate.Gap(r.ID); ok && !r.Met() {
				one.Gap, one.Lapsed = &gap, gap.Over(d.Now)
			}
			list = append(list, one)
		}
		return list
	}
	var sections []section
	for _, category := range categories {
		if list := rows(d.Report.Results, func(r kars.Result) bool { return r.Category == category.id }); len(list) > 0 {
			sections = append(sections, section{category.title, list})
		}
	}
	verdict := d.Gate.Judge(d.Report, d.Now)
	var text bytes.Buffer
	err := page.Execute(&text, struct {
		kars.Report
		Verdict  kars.Verdict
		Tallies  []tally
		Sections []section
		Rows     []row
	}{d.Report, verdict, d.tallies(), sections, rows(d.Report.Proposed, func(kars.Result) bool { return true })})
	if err != nil {
		return nil, fmt.Errorf("write the report as HTML: %w", err)
	}
	return text.Bytes(), nil
}

func (d Document) tallies() []tally {
	var all []tally
	for _, level := range []kars.Level{kars.Must, kars.Should} {
		t := tally{Level: level}
		for _, r := range d.Report.Results {
			if r.Level != level {
				continue
			}
			t.Total++
			switch {
			case r.Met():
				t.Met++
			case r.Status == kars.Unknown:
				t.Unsure++
			default:
				t.Unmet++
			}
		}
		if t.Total > 0 {
			all = append(all, t)
		}
	}
	return all
}
