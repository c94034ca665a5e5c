package gcptest

import (
	"fmt"
	"net/http"
)

// refusal is an error in the shape all of Google's APIs share (https://google.aip.dev/193).
type refusal struct {
	status  string // as in google.rpc.Code: "INVALID_ARGUMENT"
	message string
	details []any
}

// violation says what is wrong with one field, as google.rpc.BadRequest.FieldViolation. Fields are named as Google names them: in
// snake case, from the message that the body is, as in "authz_policy.target.resources".
type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// httpCodes is the mapping of google.rpc.Code, with the number each code has in an operation's error.
var codes = map[string]struct{ http, rpc int }{
	"INVALID_ARGUMENT":    {http.StatusBadRequest, 3},
	"NOT_FOUND":           {http.StatusNotFound, 5},
	"ALREADY_EXISTS":      {http.StatusConflict, 6},
	"PERMISSION_DENIED":   {http.StatusForbidden, 7},
	"RESOURCE_EXHAUSTED":  {http.StatusTooManyRequests, 8},
	"FAILED_PRECONDITION": {http.StatusBadRequest, 9},
	"ABORTED":             {http.StatusConflict, 10},
	"UNIMPLEMENTED":       {http.StatusNotImplemented, 12},
	"INTERNAL":            {http.StatusInternalServerError, 13},
	"UNAVAILABLE":         {http.StatusServiceUnavailable, 14},
	"UNAUTHENTICATED":     {http.StatusUnauthorized, 16},
}

func refuse(status, format string, arguments ...any) *refusal {
	return &refusal{status: status, message: fmt.Sprintf(format, arguments...)}
}

// invalid refuses fields. The message names the first of them, as Google's front ends do, and the details name all.
func invalid(violations []violation) *refusal {
	if len(violations) == 0 {
		return nil
	}
	first := violations[0]
	return &refusal{
		status:  "INVALID_ARGUMENT",
		message: fmt.Sprintf("Invalid value at '%s': %s", first.Field, first.Description),
		details: []any{map[string]any{
			"@type":           "type.googleapis.com/google.rpc.BadRequest",
			"fieldViolations": violations,
		}},
	}
}

// notFound refuses a reference, or a request, to what is not there.
func notFound(name string) *refusal {
	r := refuse("NOT_FOUND", "Resource '%s' was not found", name)
	r.details = []any{map[string]any{
		"@type":        "type.googleapis.com/google.rpc.ResourceInfo",
		"resourceName": name,
	}}
	return r
}

// blocked refuses to delete what others refer to.
func blocked(name string, referrers []string) *refusal {
	r := refuse("FAILED_PRECONDITION", "The resource '%s' is already being used by %q", name, referrers)
	var violations []any
	for _, referrer := range referrers {
		violations = append(violations, map[string]any{
			"type": "RESOURCE_IN_USE", "subject": referrer, "description": "refers to " + name,
		})
	}
	r.details = []any{map[string]any{"@type": "type.googleapis.com/google.rpc.PreconditionFailure", "violations": violations}}
	return r
}

// disabled refuses to serve an API that the project has not enabled, with the page that enables it.
func disabled(service, project string) *refusal {
	page := fmt.Sprintf("https://console.developers.google.com/apis/api/%s/overview?project=%s", service, project)
	r := refuse("PERMISSION_DENIED", "%s has not been used in project %s before or it is disabled. Enable it by visiting %s then retry.", service, project, page)
	r.details = []any{map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com",
		"metadata": map[string]any{"service": service, "consumer": "projects/" + project, "activationUrl": page},
	}}
	return r
}

func (r *refusal) httpStatus() int { return codes[r.status].http }

// body is what a REST client is answered.
func (r *refusal) body() map[string]any {
	e := map[string]any{"code": r.httpStatus(), "message": r.message, "status": r.status}
	if len(r.details) > 0 {
		e["details"] = r.details
	}
	return map[string]any{"error": e}
}

// operationError is the same in a long-running operation, which is a google.rpc.Status.
func (r *refusal) operationError() map[string]any {
	e := map[string]any{"code": codes[r.status].rpc, "message": r.message}
	if len(r.details) > 0 {
		e["details"] = r.details
	}
	return e
}
