package publish

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/kars"
)

type suites struct {
	XMLName xml.Name `xml:"testsuites"`
	Suites  []suite  `xml:"testsuite"`
}

type suite struct {
	Name      string  `xml:"name,attr"`
	Tests     int     `xml:"tests,attr"`
	Failures  int     `xml:"failures,attr"`
	Skipped   int     `xml:"skipped,attr"`
	Time      string  `xml:"time,attr"`
	Timestamp string  `xml:"timestamp,attr"`
	Cases     []tcase `xml:"testcase"`
}

type tcase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Failure *outcome `xml:"failure"`
	Skipped *outcome `xml:"skipped"`
	Output  string   `xml:"system-out,omitempty"`
}

type outcome struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit gives the report as test results. A requirement fails where the gate asks for it and it is not met; what is not asked for, what
// the cluster does not tell and what is proposed is skipped where it is not met, and never fails.
func (d Document) JUnit() ([]byte, error) {
	standings := d.standings()
	list := d.suite("kars-"+d.Report.Version, d.Report.Results, func(r kars.Result) (failed, skipped string) {
		switch standings[r.ID] {
		case met:
			return "", ""
		case unmet:
			return string(r.Status), ""
		case accepted:
			gap, _ := d.Gate.Gap(r.ID)
			return "", fmt.Sprintf("accepted until %s: %s", gap.Last().Format(time.DateOnly), gap.Reason)
		}
		return "", string(r.Status)
	})
	proposed := d.suite("kars-proposed", d.Report.Proposed, func(r kars.Result) (failed, skipped string) {
		if r.Met() {
			return "", ""
		}
		return "", "proposed, and " + string(r.Status)
	})
	text, err := xml.MarshalIndent(suites{Suites: []suite{list, proposed}}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the report as JUnit: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func (d Document) suite(name string, results []kars.Result, judge func(kars.Result) (failed, skipped string)) suite {
	s := suite{
		Name: name, Tests: len(results),
		Time:      fmt.Sprintf("%.3f", d.Report.Finished.Sub(d.Report.Started).Seconds()),
		Timestamp: d.Report.Started.UTC().Format("2006-01-02T15:04:05"),
	}
	for _, r := range results {
		c := tcase{Class: strings.Trim(name+"."+string(r.Level), "."), Name: r.ID, Output: r.Reason + "\n" + strings.Join(r.Evidence, "\n")}
		failed, skipped := judge(r)
		switch {
		case failed != "":
			c.Failure = &outcome{failed, r.Complaint()}
			s.Failures++
		case skipped != "":
			c.Skipped = &outcome{skipped, r.Complaint()}
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}
