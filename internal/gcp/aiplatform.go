package gcp

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

func vertexAIKinds() []kind {
	return []kind{reasoningEngines()}
}

// reasoningEngines get their ids from the server. Ours are told by their display name, which their key has in braces, together with a
// label that no engine has which somebody else made. Google's Go package of this API takes minutes to build, so that it is called
// without.
func reasoningEngines() kind {
	return kind{
		service: VertexAI, collection: "reasoningEngines", found: true,
		immutable:  []string{"encryptionSpec"},
		outputOnly: []string{"spec.effectiveIdentity"},
		within:     []string{"spec", "spec.deploymentSpec"},
		filled: "Delete the sessions and memories that are named there, which are somebody's data, or have them deleted with the engine: set gcp.agent_runtime.force_delete = true, " +
			"apply that first, and then delete it.",
		connect: func(c *Client, location string) (calls, error) {
			r, err := connectREST(c, VertexAI, location)
			if err != nil {
				return nil, err
			}
			return engineCalls{r: r}, nil
		},
	}
}

// engineLabel is a label that every engine has which Agentward made.
const engineLabel = "agentward-agent"

type engineCalls struct {
	gone
	r *restClient
}

func (e engineCalls) get(ctx context.Context, at target) (map[string]any, error) {
	display, sought := strings.CutPrefix(at.id(), "{")
	if !sought {
		return e.read(ctx, at.name)
	}
	return e.find(ctx, at.parent(), strings.TrimSuffix(display, "}"))
}

func (e engineCalls) read(ctx context.Context, name string) (map[string]any, error) {
	var answer map[string]any
	err := e.r.call(ctx, http.MethodGet, "v1/"+name, nil, nil, &answer)
	return answer, err
}

// find gives the first that was made of our engines of the name. There are two where the answer to a creation was lost and the engine
// was not seen yet when it was looked for.
func (e engineCalls) find(ctx context.Context, parent, display string) (map[string]any, error) {
	var found []map[string]any
	query := url.Values{"filter": {"display_name=" + strconv.Quote(display)}, "pageSize": {"100"}}
	for {
		var page struct {
			ReasoningEngines []map[string]any `json:"reasoningEngines"`
			NextPageToken    string           `json:"nextPageToken"`
		}
		if err := e.r.call(ctx, http.MethodGet, "v1/"+parent+"/reasoningEngines", query, nil, &page); err != nil {
			return nil, err
		}
		for _, engine := range page.ReasoningEngines {
			if _, ours := fieldsOf(engine["labels"])[engineLabel]; ours && engine["displayName"] == display {
				found = append(found, engine)
			}
		}
		if page.NextPageToken == "" {
			break
		}
		query.Set("pageToken", page.NextPageToken)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("reasoning engine %q: %w", display, stack.ErrNotFound)
	}
	return slices.MinFunc(found, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(a["createTime"], a["name"]), fmt.Sprint(b["createTime"], b["name"]))
	}), nil
}

func (e engineCalls) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	return e.mutate(ctx, http.MethodPost, at.parent()+"/reasoningEngines", nil, body)
}

func (e engineCalls) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	if etag != "" {
		body["etag"] = etag
	}
	return e.mutate(ctx, http.MethodPatch, at.name, url.Values{"updateMask": {strings.Join(mask, ",")}}, body)
}

// delete leaves an engine whose sessions and memories are there still, unless it says that they go with it.
func (e engineCalls) delete(ctx context.Context, at target) (operation, error) {
	var query url.Values
	if at.forced {
		query = url.Values{"force": {"true"}}
	}
	return e.mutate(ctx, http.MethodDelete, at.name, query, nil)
}

func (e engineCalls) poll(ctx context.Context, name string) (operation, error) {
	return e.mutate(ctx, http.MethodGet, name, nil, nil)
}

func (e engineCalls) mutate(ctx context.Context, method, path string, query url.Values, body map[string]any) (operation, error) {
	var op operation
	var sent any
	if body != nil {
		sent = body
	}
	err := e.r.call(ctx, method, "v1/"+path, query, sent, &op)
	return op, err
}
