package gcp

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// answering gives a client of which every service is a handler.
func answering(t *testing.T, handler http.HandlerFunc, adjust ...func(*Config)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config := Config{
		HTTPClient: server.Client(), Endpoints: map[string]string{}, UserAgent: "agentward/1",
		Pace: Pace{Tries: 2, Pause: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }},
	}
	for _, service := range Services {
		config.Endpoints[service.Host] = server.URL + "/v1/"
	}
	for _, f := range adjust {
		f(&config)
	}
	client, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func refusing(httpStatus int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(httpStatus)
		_, _ = io.WriteString(w, text)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		body       string
		says, hint []string
	}{
		"a service that is disabled": {
			403, `{"error":{"code":403,"message":"Network Services API has not been used in project 1 before or it is disabled.","status":"PERMISSION_DENIED","details":[
				{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"networkservices.googleapis.com","activationUrl":"https://console.example/enable"}}]}}`,
			[]string{"PERMISSION_DENIED", "has not been used"},
			[]string{"https://console.example/enable"},
		},
		"a field that is wrong": {
			400, `{"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT","details":[
				{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"agent_gateway.registries","description":"exactly one must be global"}]}]}}`,
			[]string{"agent_gateway.registries: exactly one must be global"},
			[]string{"Correct what is named"},
		},
		"a permission that is missing": {
			403, `{"error":{"code":403,"message":"Permission 'networkservices.agentGateways.get' denied","status":"PERMISSION_DENIED"}}`,
			[]string{"networkservices.agentGateways.get"},
			[]string{"Grant the caller a role"},
		},
		"no sign-in":                {401, `{"error":{"code":401,"message":"invalid authentication credentials","status":"UNAUTHENTICATED"}}`, []string{"UNAUTHENTICATED"}, []string{"gcloud auth application-default login"}},
		"an address that is no API": {404, `<html>Not Found</html>`, []string{"not as Google's APIs do", "custom endpoint"}, nil},
		"nothing at all":            {418, ``, []string{"HTTP status 418"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := answering(t, refusing(c.status, c.body)).Read(deadline(t), gateway(t, egress).Key, "{}")
			if err == nil || errors.Is(err, stack.ErrNotFound) {
				t.Fatalf("the error is %v", err)
			}
			for _, part := range append(c.says, "agentGateways") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			var hinted interface{ Hint() string }
			for _, part := range c.hint {
				if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), part) {
					t.Errorf("the hint of %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestWhatPassesByItselfIsTriedAgain(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		passes bool
	}{
		{409, `{"error":{"status":"ABORTED"}}`, true},
		{409, `{"error":{"status":"ALREADY_EXISTS"}}`, false},
		{412, `{"error":{"status":"FAILED_PRECONDITION"}}`, true},
		{400, `{"error":{"status":"FAILED_PRECONDITION"}}`, false},
		{429, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, true},
		{429, ``, true},
		{500, `{"error":{"status":"INTERNAL"}}`, true},
		{502, `<html>bad gateway</html>`, true},
		{503, `{"error":{"status":"UNAVAILABLE"}}`, true},
		{504, `{"error":{"status":"DEADLINE_EXCEEDED"}}`, true},
		{400, `{"error":{"status":"INVALID_ARGUMENT"}}`, false},
		{403, `{"error":{"status":"PERMISSION_DENIED"}}`, false},
		{404, ``, false},
		{405, ``, false},
	} {
		err := answered(&googleapi.Error{Code: c.status, Body: c.body})
		if transient(err) != c.passes {
			t.Errorf("%d %s gives %v, of which it thinks %t", c.status, c.body, err, transient(err))
		}
	}
	if transient(&url.Error{Err: &tls.CertificateVerificationError{}}) || !transient(&url.Error{Err: io.ErrUnexpectedEOF}) {
		t.Error("a certificate that is not trusted is told from a connection that is dropped")
	}
}

func TestCredentialsThatAreNotTakenAreNoOutage(t *testing.T) {
	token := &auth.Error{Response: &http.Response{StatusCode: http.StatusBadRequest}, Body: []byte(`{"error":"invalid_grant"}`)}
	client := answering(t, nil, func(c *Config) {
		c.HTTPClient = &http.Client{Transport: broken{token}}
	})
	var unknown *stack.UnknownError
	var hinted interface{ Hint() string }
	_, err := client.Plan(t.Context(), gateway(t, egress), "")
	if err == nil || errors.As(err, &unknown) || !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "gcloud auth") {
		t.Errorf("the plan gives %v", err)
	}
}

// broken is a transport of which every request fails.
type broken struct{ err error }

func (b broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestStatusNamesAreGoogles(t *testing.T) {
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if read, ok := codeOfStatus(statusName(code)); code != codes.OK && code != codes.Canceled && (!ok || read != code) {
			t.Errorf("%v is named %s, which reads as %v", code, statusName(code), read)
		}
	}
}

func TestAPlanNeedsNoReachableAPI(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	clients := map[string]*Client{
		"nobody answers": answering(t, nil, func(c *Config) { c.Endpoints[NetworkServices] = gone.URL + "/" }),
		"an outage":      answering(t, refusing(503, `{"error":{"code":503,"status":"UNAVAILABLE","message":"later"}}`)),
		"no credentials": answering(t, nil, func(c *Config) {
			c.HTTPClient = nil
			c.Credentials = func(context.Context) ([]option.ClientOption, error) { return nil, errors.New("there is no file") }
		}),
	}
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			var unknown *stack.UnknownError
			if _, err := client.Plan(t.Context(), gateway(t, egress), ""); !errors.As(err, &unknown) || !unknown.Unreachable {
				t.Errorf("the plan gives %v", err)
			}
			if _, err := client.Read(t.Context(), gateway(t, egress).Key, "{}"); !errors.As(err, &unknown) || !unknown.Unreachable {
				t.Errorf("the refresh gives %v", err)
			}
			if _, err := client.Apply(t.Context(), gateway(t, egress), ""); err == nil || errors.As(err, &unknown) {
				t.Errorf("the apply gives %v", err)
			}
		})
	}
	if _, err := clients["nobody answers"].Plan(t.Context(), gateway(t, egress), "{}"); err != nil {
		t.Errorf("the plan of what is in state gives %v", err)
	}
}

func TestTimeThatIsOverSaysWhatWasTheMatter(t *testing.T) {
	calls := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := answering(t, refusing(409, `{"error":{"code":409,"message":"unable to queue the operation","status":"ABORTED"}}`), func(c *Config) {
		c.Pace.Pause = func(context.Context, time.Duration) error {
			if calls++; calls >= 5 {
				return context.DeadlineExceeded
			}
			return nil
		}
	})
	_, err := client.Apply(ctx, gateway(t, egress), "")
	if err == nil || !strings.Contains(err.Error(), "unable to queue the operation") || calls < 5 {
		t.Errorf("after %d pauses: %v", calls, err)
	}
}

func TestSecretsAreInNoError(t *testing.T) {
	secretive := gateway(t, `{"description":"d"}`)
	secretive.Body["authProviderTypeParams"] = map[string]any{"apiKey": map[string]any{"apiKey": "swordfish"}}
	err := withoutSecrets(fmt.Errorf("invalid key swordfish: %w", &refusal{code: codes.InvalidArgument, message: "swordfish"}), secretive)
	var hinted interface{ Hint() string }
	if strings.Contains(err.Error(), "swordfish") || !strings.Contains(err.Error(), "(secret)") || !errors.As(err, &hinted) || hinted.Hint() == "" {
		t.Errorf("the error is %v", err)
	}
	var inner *refusal
	if errors.As(err, &inner) {
		t.Error("the secret is within reach")
	}
	plain := errors.New("plain")
	if !errors.Is(withoutSecrets(plain, secretive), plain) {
		t.Error("an error without the secret is another one")
	}
}

func TestPausesDoubleAndObeyTheServer(t *testing.T) {
	var paused []time.Duration
	pace := Pace{First: time.Second, Longest: 8 * time.Second, Random: func() float64 { return 0.5 }, Pause: func(_ context.Context, d time.Duration) error {
		paused = append(paused, d)
		return nil
	}}.orDefaults()
	b := pace.start()
	for _, asked := range []time.Duration{0, 0, 0, 0, 0, 7 * time.Second, time.Hour} {
		if err := b.wait(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
	}
	want := []float64{0.75, 1.5, 3, 6, 6, 7, 8}
	for i := range want {
		if paused[i].Seconds() != want[i] {
			t.Errorf("pause %d is %v, want %v s", i, paused[i], want[i])
		}
	}
}

func TestRequestsSayWhoAsksAndWhoPays(t *testing.T) {
	var got http.Header
	var path string
	handler := func(w http.ResponseWriter, r *http.Request) {
		got, path = r.Header, r.URL.Path
		_ = json.NewEncoder(w).Encode(map[string]any{"name": "x"})
	}
	for name, c := range map[string]struct {
		override      bool
		billing, pays string
	}{
		"nobody is named":       {false, "billing", ""},
		"the resource's":        {true, "", "agents-1"},
		"the project for bills": {true, "billing", "billing"},
	} {
		client := answering(t, handler, func(config *Config) { config.UserProjectOverride, config.BillingProject = c.override, c.billing })
		for _, key := range []stack.Key{gateway(t, egress).Key, stack.GoogleKey(ModelArmor, location+"/templates/t")} {
			if _, err := client.Read(deadline(t), key, "{}"); err != nil {
				t.Fatal(err)
			}
			if got.Get("X-Goog-User-Project") != c.pays || !strings.Contains(got.Get("User-Agent"), "agentward/1") || path != "/v1/"+key.Name {
				t.Errorf("%s: %s is asked with %v", name, path, got)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct{ service, location, custom, universe, want string }{
		{NetworkServices, "", "", "", "https://networkservices.googleapis.com/"},
		{NetworkServices, "", "", "example.cloud", "https://networkservices.example.cloud/"},
		{ModelArmor, "us-central1", "", "", "https://modelarmor.us-central1.rep.googleapis.com/"},
		{VertexAI, "us-central1", "", "", "https://us-central1-aiplatform.googleapis.com/"},
		{NetworkServices, "", "http://127.0.0.1:1/ns", "", "http://127.0.0.1:1/ns/"},
		{NetworkServices, "", "https://ns.example/v1/", "", "https://ns.example/"},
		{ModelArmor, "l", "https://{{location}}-ma.example/x/v1beta1", "", "https://l-ma.example/x/"},
	} {
		client, err := New(Config{UniverseDomain: c.universe, Endpoints: map[string]string{c.service: c.custom}})
		if c.custom == "" {
			client, err = New(Config{UniverseDomain: c.universe})
		}
		if err != nil {
			t.Fatal(err)
		}
		if got := client.endpoint(c.service, c.location); got != c.want {
			t.Errorf("%s in %q is at %s, want %s", c.service, c.location, got, c.want)
		}
	}
	if _, err := New(Config{Endpoints: map[string]string{NetworkServices: "nowhere"}}); err == nil {
		t.Error("an endpoint that is no address is taken")
	}
}

func TestAKindThatIsNotKnownIsAnError(t *testing.T) {
	if _, err := answering(t, nil).Read(t.Context(), stack.GoogleKey("compute.googleapis.com", "projects/p/zones/z/instances/i"), ""); err == nil || !strings.Contains(err.Error(), "instances") {
		t.Errorf("the error is %v", err)
	}
}
