package h1

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// statusLine gives what follows the version in an answer's first line.
func statusLine(status int) string {
	if text := http.StatusText(status); text != "" {
		return decimal(status) + " " + text
	}
	return decimal(status) + " status code " + decimal(status)
}

func decimal(n int) string { return strconv.Itoa(n) }

var newlines = strings.NewReplacer("\r", " ", "\n", " ")

// oneLine gives a header's value without line ends, as net/http writes it.
func oneLine(v string) string {
	if strings.ContainsAny(v, "\r\n") {
		v = newlines.Replace(v)
	}
	return strings.Trim(v, " \t")
}

// stamp is a second in the form of a Date header.
type stamp struct {
	second int64
	text   string
}

var last atomic.Pointer[stamp]

// date gives the time for a Date header, which is formatted once a second.
func date() string {
	now := time.Now()
	if s := last.Load(); s != nil && s.second == now.Unix() {
		return s.text
	}
	s := &stamp{now.Unix(), now.UTC().Format(http.TimeFormat)}
	last.Store(s)
	return s.text
}
