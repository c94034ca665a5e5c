package gcptest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/agentward/terraform-provider-agent/internal/gcp/gcptest"
)

const (
	parent         = "projects/agents-1/locations/us-central1"
	parentByNumber = "projects/111111111111/locations/us-central1"
)

// client makes a service of Google's own client library that speaks to the fake.
func client[S any](t *testing.T, s *gcptest.Server, api string, create func(context.Context, ...option.ClientOption) (*S, error)) *S {
	t.Helper()
	service, err := create(t.Context(), option.WithEndpoint(s.Endpoint(api)), option.WithoutAuthentication())
	if err != nil {
		t.Fatal(err)
	}
	return service
}

// refused is a valid body, changed so that it must be refused. The field is the one the refusal names.
type refused[T any] struct {
	name   string
	change func(*T)
	field  string
}

// checkRefusals shows that a body is taken, and that each change of it is refused for the right field.
func checkRefusals[T any](t *testing.T, valid func() *T, create func(id string, body *T) error, tests []refused[T]) {
	t.Helper()
	if err := create("valid", valid()); err != nil {
		t.Fatalf("the valid body: %v", err)
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := valid()
			test.change(body)
			checkRefused(t, create(fmt.Sprintf("refused-%d", i), body), test.field)
		})
	}
}

// checkRefused wants an error INVALID_ARGUMENT that names a field.
func checkRefused(t *testing.T, err error, field string) {
	t.Helper()
	if status := status(err); status != "INVALID_ARGUMENT" {
		t.Fatalf("got %q (%v), want INVALID_ARGUMENT for %s", status, err, field)
	}
	if named := violations(err); !slices.Contains(named, field) {
		t.Errorf("%v names %q, want %q", err, named, field)
	}
}

// checkStatus wants an error with a status of google.rpc.Code.
func checkStatus(t *testing.T, err error, want string) {
	t.Helper()
	if got := status(err); got != want {
		t.Fatalf("got %q (%v), want %s", got, err, want)
	}
}

// status is that of an error of Google's REST clients, and empty where there is none.
func status(err error) string {
	var e *googleapi.Error
	if !errors.As(err, &e) {
		return ""
	}
	var body struct {
		Error struct {
			Status string `json:"status"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(e.Body), &body) != nil {
		return ""
	}
	return body.Error.Status
}

// violations are the fields that an error names in its details, without the name of the message.
func violations(err error) []string {
	var e *googleapi.Error
	if !errors.As(err, &e) {
		return nil
	}
	var fields []string
	for _, detail := range e.Details {
		object, _ := detail.(map[string]any)
		listed, _ := object["fieldViolations"].([]any)
		for _, v := range listed {
			violation, _ := v.(map[string]any)
			field, _ := violation["field"].(string)
			if _, below, ok := strings.Cut(field, "."); ok {
				field = below
			}
			fields = append(fields, field)
		}
	}
	return fields
}

// raw sends a request without a generated client: for APIs that have none, and for what a generated client cannot send.
func raw(t *testing.T, s *gcptest.Server, verb, path, body string) (map[string]any, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), verb, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if err := googleapi.CheckResponse(response); err != nil {
		return nil, err
	}
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer, nil
}
