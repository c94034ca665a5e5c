package inside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// AskPath has the process ask elsewhere who answers there: an Asking as the query, and a Tally as the answer.
const AskPath = "/ask"

const (
	// mostAsked bounds what one Asking costs.
	mostAsked = 1000
	// mostFailures ends an Asking to which nobody answers.
	mostFailures = 5
	// askTimeout bounds one request, and tallyTimeout all of an Asking.
	askTimeout, tallyTimeout = 3 * time.Second, 40 * time.Second
)

// Asking says whom to ask for Facts, and how often. Each time over a connection of its own, so that whoever chooses among many has to
// choose each time.
type Asking struct {
	To string // host and port
	// Header and Value are a header of each request; "" for none.
	Header, Value string
	Times         int
}

// Tally says who answered, by Instance, and what went wrong how often.
type Tally struct {
	Answers, Failures map[string]int
}

// Query gives it as the query of AskPath.
func (a Asking) Query() url.Values {
	return url.Values{"to": {a.To}, "header": {a.Header}, "value": {a.Value}, "times": {strconv.Itoa(a.Times)}}
}

// ReadAsking reads what Query gives.
func ReadAsking(query url.Values) (Asking, error) {
	a := Asking{To: query.Get("to"), Header: query.Get("header"), Value: query.Get("value")}
	var err error
	if a.Times, err = strconv.Atoi(query.Get("times")); err != nil || a.Times < 1 || a.Times > mostAsked {
		return Asking{}, fmt.Errorf("times is %q, and can be 1 to %d", query.Get("times"), mostAsked)
	}
	if a.To == "" {
		return Asking{}, errors.New("it does not say to whom")
	}
	return a, nil
}

// Ask asks, one request after the other. It ends early where nobody answers.
func (a Asking) Ask(ctx context.Context) Tally {
	ctx, cancel := context.WithTimeout(ctx, tallyTimeout)
	defer cancel()
	client := &http.Client{Timeout: askTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	tally := Tally{Answers: map[string]int{}, Failures: map[string]int{}}
	for n, failed := 0, 0; n < a.Times && failed < mostFailures; n++ {
		who, err := a.once(ctx, client)
		if err != nil {
			failed++
			tally.Failures[err.Error()]++
			continue
		}
		tally.Answers[who]++
	}
	return tally
}

func (a Asking) once(ctx context.Context, client *http.Client) (instance string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.To+FactsPath, nil)
	if err != nil {
		return "", err
	}
	if a.Header != "" {
		request.Header.Set(a.Header, a.Value)
	}
	response, err := client.Do(request)
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			err = cause // the rest is the address, which is the same each time
		}
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", errors.New(response.Status)
	}
	var facts Facts
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<16)).Decode(&facts); err != nil || facts.Instance == "" {
		return "", errors.New("somebody answers who is no probe")
	}
	return facts.Instance, nil
}
