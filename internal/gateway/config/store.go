package config

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
)

// Store says where the state is kept that replicas share. Without a URL it is the memory of the process.
type Store struct {
	URL                  string
	PasswordFile, CAFile string // "" for none
	Prefix               string
	Timeout              time.Duration
}

// Shared says that replicas share the store.
func (s Store) Shared() bool { return s.URL != "" }

func (r *reading) store(s *written.Store) {
	if s == nil {
		return
	}
	to := &r.Store
	*to = Store{URL: s.URL, PasswordFile: r.within(s.Password), CAFile: r.within(s.CA), Prefix: "agent-gateway:", Timeout: time.Second}
	if s.Kind != "redis" {
		r.wrong(s.KindAt, s.At, "Store is not known", "%q: it may be \"redis\", which is Valkey too. Without a store block the state is kept in memory.", s.Kind)
	}
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || !hosted(u) || u.Scheme != "redis" && u.Scheme != "rediss":
		r.wrong(s.URLAt, s.At, "Not a URL of a store", "Use one such as \"redis://127.0.0.1:6379/0\", or \"rediss://user@redis.example.org:6379/0\" for TLS.")
	case passworded(u):
		r.wrong(s.URLAt, s.At, "Password in a URL", "Passwords do not belong into the configuration: name a file that holds it with password_file.")
	case !database(u.Path):
		r.wrong(s.URLAt, s.At, "Not a database of a store", "%q: databases are numbers: use one such as \"redis://127.0.0.1:6379/0\".", u.Path)
	case u.Scheme == "redis" && s.CA != "":
		r.wrong(s.CAAt, s.At, "Nothing to verify", "ca_file is for TLS: use a URL that begins with rediss://.")
	}
	if s.Prefix != nil {
		to.Prefix = *s.Prefix
	}
	if s.Timeout != "" {
		r.duration(&to.Timeout, s.Timeout, s.TimeoutAt, time.Minute)
	}
	r.readable(to.PasswordFile, s.PasswordAt, s.At)
	r.readable(to.CAFile, s.CAAt, s.At)
}

// database says whether the path of a store's URL is the number of a database, or nothing.
func database(path string) bool {
	number := strings.TrimPrefix(path, "/")
	_, err := strconv.ParseUint(number, 10, 31)
	return number == "" || err == nil
}

func passworded(u *url.URL) bool {
	_, ok := u.User.Password()
	return ok
}
