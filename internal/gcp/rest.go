package gcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
)

// restClient calls an API that Google publishes no Go client of, or one that would be too large to build in.
type restClient struct {
	http    *http.Client
	address string // ends in a slash
}

func connectREST(c *Client, service, location string) (*restClient, error) {
	return connect(c, service, location, func(context.Context, ...option.ClientOption) (*restClient, error) {
		client, err := c.authenticated()
		if err != nil {
			return nil, err
		}
		return &restClient{http: client, address: c.endpoint(service, location)}, nil
	})
}

// call sends a request to a path below the address, "v1/projects/p/locations/l/templates", and reads the answer into into. Errors are
// those of Google's clients. body is nil where there is none.
func (r *restClient) call(ctx context.Context, method, path string, query url.Values, body, into any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		content = bytes.NewReader(text)
	}
	address := r.address + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := r.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if err := googleapi.CheckResponse(response); err != nil {
		return err
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}
