package sidecar

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"google.golang.org/grpc/codes"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mcp"
)

// away answers a request of which the gateway could not be asked, so that the client understands it: calls of JSON-RPC and gRPC with an error of
// theirs, others with a line of text; all with 502 but those of gRPC, whose status is its own.
func (s *Sidecar) away(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.o.Log.Error("the gateway cannot be asked", "error", err)
	}
	message := "sidecar: " + err.Error()
	if grpc(r) {
		refuseRPC(w, codes.Unavailable, err.Error())
		return
	}
	body := errorsOf(r, message)
	if body == nil {
		http.Error(w, message, http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

// errorsOf gives the JSON-RPC answer to a request: an error, or, for a batch, one for each call. It is nil where nobody waits for one: of what is
// no JSON-RPC, and of notifications.
func errorsOf(r *http.Request, message string) []byte {
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || media != "application/json" || r.GetBody == nil {
		return nil
	}
	again, err := r.GetBody()
	if err != nil {
		return nil
	}
	text, err := io.ReadAll(again)
	if err != nil {
		return nil
	}
	text = bytes.TrimSpace(text)
	batch := bytes.HasPrefix(text, []byte("["))
	if !batch {
		text = append(append([]byte("["), text...), ']')
	}
	var calls []struct {
		Version string          `json:"jsonrpc"`
		Method  string          `json:"method"`
		ID      json.RawMessage `json:"id"`
	}
	if json.Unmarshal(text, &calls) != nil {
		return nil
	}
	var all [][]byte
	for _, c := range calls {
		if c.Version == "2.0" && c.Method != "" && c.ID != nil {
			all = append(all, (&mcp.Error{Code: mcp.CodeInternal, Message: message, ID: c.ID}).Body())
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case !batch:
		return all[0]
	}
	return append(append([]byte("["), bytes.Join(all, []byte(","))...), ']')
}
