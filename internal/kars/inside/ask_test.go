package inside

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnAskingCountsWhoAnswers(t *testing.T) {
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := "first"
		if n++; n%3 == 0 {
			who = "second"
		}
		if r.Header.Get("To") == "third" {
			who = "third"
		}
		_ = json.NewEncoder(w).Encode(Facts{Instance: who})
	}))
	defer server.Close()
	to := strings.TrimPrefix(server.URL, "http://")
	for _, test := range []struct {
		asking Asking
		want   map[string]int
	}{
		{Asking{To: to, Times: 6}, map[string]int{"first": 4, "second": 2}},
		{Asking{To: to, Times: 4, Header: "To", Value: "third"}, map[string]int{"third": 4}},
	} {
		asking, err := ReadAsking(test.asking.Query())
		if err != nil || asking != test.asking {
			t.Fatalf("%+v is read as %+v: %v", test.asking, asking, err)
		}
		if got := asking.Ask(t.Context()); !maps.Equal(got.Answers, test.want) || len(got.Failures) > 0 {
			t.Errorf("%+v, want %v", got, test.want)
		}
	}
}

func TestAnAskingSaysWhatGoesWrong(t *testing.T) {
	answer := func(status int, text string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(text))
		}))
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, test := range map[string]struct{ to, want string }{
		"a gateway without a backend": {answer(http.StatusServiceUnavailable, ""), "503 Service Unavailable"},
		"somebody else's page":        {answer(http.StatusOK, "<html>"), "somebody answers who is no probe"},
		"somebody else's JSON":        {answer(http.StatusOK, "{}"), "somebody answers who is no probe"},
		"nobody":                      {strings.TrimPrefix(closed.URL, "http://"), "connection refused"},
	} {
		got := Asking{To: test.to, Times: 100}.Ask(t.Context())
		if len(got.Answers) > 0 || len(got.Failures) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
		for what, times := range got.Failures {
			if !strings.Contains(what, test.want) || times != mostFailures {
				t.Errorf("%s: %q %d times", name, what, times)
			}
		}
	}
}

func TestAnAskingHasALimit(t *testing.T) {
	for _, asking := range []Asking{{To: "a:1"}, {To: "a:1", Times: -1}, {To: "a:1", Times: mostAsked + 1}, {Times: 1}} {
		if _, err := ReadAsking(asking.Query()); err == nil {
			t.Errorf("%+v is asked", asking)
		}
	}
}
