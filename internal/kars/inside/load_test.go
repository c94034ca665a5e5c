package inside

import (
	"strings"
	"testing"
	"time"
)

func TestMetricsOfAProcess(t *testing.T) {
	said := func(l *Load, sample string) string {
		var text strings.Builder
		l.WriteMetrics(&text, sample)
		return text.String()
	}
	l := &Load{}
	if got := said(l, ""); !strings.Contains(got, "\nagentward_kars_load 0\n") || strings.Contains(got, SampleMetric) {
		t.Errorf("an idle process without a sample says %q", got)
	}
	l.Burn(10 * time.Second)
	if got := said(l, "42"); !strings.Contains(got, "\nagentward_kars_load 1\n") || !strings.Contains(got, "# TYPE agentward_kars_sample gauge\nagentward_kars_sample 42\n") {
		t.Errorf("a busy process with a sample says %q", got)
	}
}
