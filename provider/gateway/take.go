package gateway

import (
	"maps"
	"slices"

	"github.com/agentward/terraform-provider-agent/provider/governed"
)

// TakeSecrets copies the write-only values, which neither plan nor state has. All else of the two models is alike, so that their
// secrets stand in one order.
func (m *model) TakeSecrets(config governed.Model) {
	configured, ok := config.(*model)
	if !ok {
		return
	}
	from := configured.secrets()
	for i, to := range m.secrets() {
		if to != nil && i < len(from) && from[i] != nil {
			to.ValueWO = from[i].ValueWO
		}
	}
}

// secrets gives all places for a secret, nil where none is configured.
func (m *model) secrets() []*secretModel {
	var all []*secretModel
	for _, name := range slices.Sorted(maps.Keys(m.Targets)) {
		for _, c := range m.Targets[name].Credentials {
			all = append(all, c.Value, c.ClientKey)
		}
	}
	if m.Store != nil {
		all = append(all, m.Store.Password)
	}
	if m.Audit != nil && m.Audit.OTLP != nil {
		all = append(all, m.Audit.OTLP.Headers)
	}
	if m.Telemetry != nil && m.Telemetry.OTLP != nil {
		all = append(all, m.Telemetry.OTLP.Headers)
	}
	return all
}
