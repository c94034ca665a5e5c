package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestServesUntilItIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, printed := io.Pipe()
	log, logged := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-addr", "127.0.0.1:0", "-project", "mine-1", "-number", "42", "-there", "//binaryauthorization.googleapis.com/projects/mine-1/attestors/ci"}, printed, logged)
		printed.Close()
		logged.Close()
	}()

	var block strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		block.WriteString(lines.Text() + "\n")
		if lines.Text() == "}" {
			break
		}
	}
	for _, want := range []string{`stack = "gcp"`, `"mine-1"`, `access_token `, `/networkservices/"`, `/aiplatform/"`, `/modelarmor/"`} {
		if !strings.Contains(block.String(), want) {
			t.Errorf("the provider block has no %s:\n%s", want, block.String())
		}
	}
	address := regexp.MustCompile(`http://[^/"]+`).FindString(block.String())
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/networkservices/v1/projects/mine-1/locations/us-central1/agentGateways", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	type result struct {
		status int
		err    error
	}
	answered := make(chan result, 1)
	go func() {
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			answered <- result{err: err}
			return
		}
		response.Body.Close()
		answered <- result{status: response.StatusCode}
	}()
	requests := bufio.NewReader(log)
	if line, err := requests.ReadString('\n'); err != nil || !strings.HasPrefix(line, "200 GET /networkservices/v1/projects/mine-1/") {
		t.Errorf("the log is %q, %v", line, err)
	}
	if got := <-answered; got.err != nil || got.status != http.StatusOK {
		t.Errorf("the answer is %+v", got)
	}

	cancel()
	// What is there from the start is not what is left at the end.
	if rest, err := io.ReadAll(requests); err != nil || len(rest) > 0 {
		t.Errorf("at the end it says %q, %v", rest, err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestRefusesWhatItDoesNotKnow(t *testing.T) {
	var log strings.Builder
	if err := run(t.Context(), []string{"serve"}, io.Discard, &log); err == nil {
		t.Error("an argument is taken")
	}
	if err := run(t.Context(), []string{"-there", "//nothing.googleapis.com/projects/mine-1/things/a"}, io.Discard, &log); err == nil {
		t.Error("a resource of no API is there")
	}
	if err := run(t.Context(), []string{"-help"}, io.Discard, &log); err == nil || !strings.Contains(log.String(), "-polls") {
		t.Errorf("no help: %v, %s", err, log.String())
	}
}
