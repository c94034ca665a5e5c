package active

import (
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/kars/inside"
)

// scraped are the annotations by which Prometheus finds pods with metrics where it is set up as its own example is.
func scraped() map[string]string {
	return map[string]string{
		"prometheus.io/scrape": "true", "prometheus.io/port": strconv.Itoa(inside.Port), "prometheus.io/path": inside.MetricsPath,
	}
}
