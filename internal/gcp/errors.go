package gcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/auth"
	"google.golang.org/api/googleapi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// refusal is what Google answered instead of doing it. The errors of its REST clients, of its generated clients and of its
// long-running operations are all made into one.
type refusal struct {
	code    codes.Code
	message string
	details []map[string]any // google.rpc's: each with its "@type"
	// retryAfter is how long the server asked to wait; zero where it did not.
	retryAfter time.Duration
}

func (e *refusal) Error() string {
	text := fmt.Sprintf("Google refuses it (%s): %s", statusName(e.code), strings.TrimSuffix(e.message, "."))
	if more := e.particulars(); len(more) > 0 {
		text += ": " + strings.Join(more, "; ")
	}
	return text
}

// Is says that what the credentials may not do is forbidden.
func (e *refusal) Is(target error) bool {
	return target == stack.ErrForbidden && e.code == codes.PermissionDenied
}

// Hint says what to do.
func (e *refusal) Hint() string {
	if url := e.activation(); url != "" {
		return "Enable the API at " + url + " or with google_project_service, wait a few minutes, and apply again."
	}
	switch e.code {
	case codes.Unauthenticated:
		return "Give the provider's gcp block credentials or an access_token that is still valid, or run `gcloud auth application-default login`."
	case codes.PermissionDenied:
		return "Grant the caller a role that holds the permission, on the project that is named; where user_project_override is set, serviceusage.services.use on the billing project too."
	case codes.ResourceExhausted:
		return "Wait, or ask for a higher quota at https://console.cloud.google.com/iam-admin/quotas."
	case codes.InvalidArgument, codes.OutOfRange:
		return "Correct what is named, and apply again."
	}
	return ""
}

// particulars gives, for a person, what the details add to the message.
func (e *refusal) particulars() []string {
	var said []string
	for _, detail := range e.details {
		for _, field := range []string{"fieldViolations", "violations"} {
			violations, _ := detail[field].([]any)
			for _, v := range violations {
				violation, _ := v.(map[string]any)
				subject, _ := firstText(violation, "field", "subject", "type")
				description, _ := firstText(violation, "description")
				said = append(said, strings.TrimPrefix(subject+": "+description, ": "))
			}
		}
		if reason, ok := firstText(detail, "reason"); ok && !strings.Contains(e.message, reason) {
			said = append(said, "reason "+reason)
		}
		metadata, _ := detail["metadata"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(metadata)) {
			if value, ok := metadata[name].(string); ok && strings.HasPrefix(name, "quota_") {
				said = append(said, strings.TrimPrefix(name, "quota_")+" "+value)
			}
		}
	}
	return said
}

// activation is where the API can be enabled that is not; "" where that is not what is wrong.
func (e *refusal) activation() string {
	for _, detail := range e.details {
		metadata, _ := detail["metadata"].(map[string]any)
		if detail["reason"] != "SERVICE_DISABLED" {
			continue
		}
		if url, ok := firstText(metadata, "activationUrl"); ok {
			return url
		}
		if service, ok := firstText(metadata, "service"); ok {
			return "https://console.cloud.google.com/apis/library/" + service
		}
	}
	return ""
}

func firstText(from map[string]any, names ...string) (string, bool) {
	for _, name := range names {
		if text, ok := from[name].(string); ok && text != "" {
			return text, true
		}
	}
	return "", false
}

// answered turns the error of a call into one of ours. What is no answer of Google's stays as it is.
func answered(err error) error {
	var rest *googleapi.Error
	if errors.As(err, &rest) {
		return fromREST(rest)
	}
	var token *auth.Error
	if errors.As(err, &token) && !token.Temporary() {
		return &signInError{err: err}
	}
	if s, ok := status.FromError(err); ok && err != nil && s.Code() != codes.Unknown {
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return err
		}
		r := &refusal{code: s.Code(), message: s.Message()}
		for _, detail := range s.Proto().GetDetails() {
			text, err := protojson.Marshal(detail)
			if err != nil {
				continue // a detail of a type that is not linked in
			}
			var fields map[string]any
			if json.Unmarshal(text, &fields) == nil {
				r.details = append(r.details, fields)
			}
		}
		r.retryAfter = r.asked()
		return r
	}
	return err
}

func fromREST(err *googleapi.Error) *refusal {
	r := &refusal{code: codeOfHTTP(err.Code), message: err.Message}
	var body struct {
		Error *struct {
			Status  string           `json:"status"`
			Message string           `json:"message"`
			Details []map[string]any `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal([]byte(err.Body), &body) == nil && body.Error != nil {
		if code, ok := codeOfStatus(body.Error.Status); ok {
			r.code = code
		}
		r.details = body.Error.Details
		if r.message == "" {
			r.message = body.Error.Message
		}
	} else if r.code == codes.NotFound {
		// An address that is no API's says so too. It must not pass for an object that is gone.
		r.code, r.message = codes.Unimplemented, "the address answers 404 and not as Google's APIs do: see the service's custom endpoint"
	}
	if err.Code == http.StatusPreconditionFailed { // an etag that is not the current one
		r.code = codes.Aborted
	}
	if r.message == "" {
		r.message = fmt.Sprintf("HTTP status %d %s", err.Code, http.StatusText(err.Code))
	}
	r.retryAfter = r.asked()
	if seconds, parseErr := time.ParseDuration(err.Header.Get("Retry-After") + "s"); parseErr == nil {
		r.retryAfter = seconds
	}
	return r
}

// asked is how long the details ask to wait (google.rpc.RetryInfo).
func (e *refusal) asked() time.Duration {
	for _, detail := range e.details {
		if text, ok := firstText(detail, "retryDelay"); ok {
			delay, err := time.ParseDuration(text)
			if err == nil {
				return delay
			}
		}
	}
	return 0
}

// refusal gives the error that an operation ended with; nil where it ended well.
func (op operation) refusal() error {
	if op.Error == nil {
		return nil
	}
	return &refusal{code: codes.Code(op.Error.Code), message: op.Error.Message, details: op.Error.Details} //nolint:gosec // a code of google.rpc is small
}

// refusedWith says that err is Google's refusal with one of the codes.
func refusedWith(err error, wanted ...codes.Code) bool {
	var r *refusal
	return errors.As(err, &r) && slices.Contains(wanted, r.code)
}

// codeOfStatus reads the status of a REST error, which is the name of a google.rpc.Code.
func codeOfStatus(name string) (codes.Code, bool) {
	if name == "" {
		return codes.Unknown, false
	}
	var code codes.Code
	err := code.UnmarshalJSON([]byte(`"` + name + `"`))
	return code, err == nil
}

// statusName gives the name that Google's documentation has for a code: "FAILED_PRECONDITION".
func statusName(code codes.Code) string {
	var name bytes.Buffer
	for i, letter := range []byte(code.String()) {
		if i > 0 && letter >= 'A' && letter <= 'Z' && code != codes.OK {
			name.WriteByte('_')
		}
		name.WriteByte(letter)
	}
	return strings.ToUpper(name.String())
}

// codeOfHTTP is for answers that carry no status of Google's, such as those of a proxy on the way
// (https://cloud.google.com/apis/design/errors).
func codeOfHTTP(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.Aborted
	case http.StatusRequestTimeout:
		return codes.Unavailable
	case http.StatusTooManyRequests:
		return codes.ResourceExhausted
	case http.StatusNotImplemented:
		return codes.Unimplemented
	}
	if httpStatus >= http.StatusInternalServerError {
		return codes.Unavailable
	}
	return codes.Unknown
}

// signInError says that the credentials were not taken for a token.
type signInError struct{ err error }

func (e *signInError) Error() string {
	return fmt.Sprintf("the credentials for Google's APIs give no token: %v", e.err)
}

func (e *signInError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *signInError) Hint() string {
	return "Renew the credentials that the provider's gcp block or the environment names, run `gcloud auth application-default login`, or see that the caller may impersonate the service account."
}

// credentialsError says that there is nothing to authenticate with.
type credentialsError struct{ err error }

func (e *credentialsError) Error() string {
	return fmt.Sprintf("there are no credentials for Google's APIs: %v", e.err)
}

func (e *credentialsError) Unwrap() error { return e.err }

// Hint says what to do.
func (e *credentialsError) Hint() string {
	return "Set credentials or access_token in the provider's gcp block, or GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`."
}
