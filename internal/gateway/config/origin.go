package config

import (
	"net/url"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// origins are those of web pages that may call a listener: scheme, host and port as browsers write them into Origin.
func (r *reading) origins(l *written.Listener) []string {
	for _, o := range l.Origins {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			r.wrong(l.OriginsAt, l.At, "Not an origin", "%q: write one as browsers do, such as \"https://inspector.example.org\", without a path.", o)
		}
	}
	return l.Origins
}
