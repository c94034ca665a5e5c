package mcp

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// MaxTTL bounds, in milliseconds, how long a list may be taken for fresh: what it shows depends on policies, and these change.
const MaxTTL = 300_000

// edit replaces a part of a body.
type edit struct {
	from, to int
	text     []byte
}

// Rewrite gives the data as the agent may have it: lists without the items that keep refuses, requests of the server under the ids that
// name gives for theirs, and results that no cache may give to others (2026-07-28 "Caching"). Every other byte stays, nextCursor among
// them; if nothing changes, it is the data itself. A response whose request the exchange does not hold, as on a stream that was resumed,
// is filtered as whichever list it looks like. An item that cannot be read refuses the whole.
func (a *Answer) Rewrite(keep func(Item) bool, name func(id []byte) []byte) ([]byte, *Error) {
	var edits []edit
	for i := range a.messages {
		m := &a.messages[i]
		switch {
		case stateless(a.exchange.Version) && m.method != "":
			// A server makes no requests there.
		case m.method != "" && m.id != nil:
			edits = append(edits, m.replace(atID, name(m.id)))
		case m.method == "notifications/cancelled" && m.at[atCancelled].Kind() != jsonscan.Absent:
			edits = append(edits, m.replace(atCancelled, name(m.at[atCancelled].Raw)))
		case m.at[atResult].Kind() != jsonscan.Absent:
			found, bad := a.result(m, keep)
			if bad != nil {
				return nil, bad
			}
			edits = append(edits, found...)
		}
	}
	return apply(a.data, edits), nil
}

// result gives the edits of one result.
func (a *Answer) result(m *message, keep func(Item) bool) ([]edit, *Error) {
	var edits []edit
	asked, listed := a.exchange.For(m.response()), false
	for _, l := range lists {
		if asked != nil && asked.Method != l.method {
			continue
		}
		cuts, bad := a.parser.refused(m, l, keep)
		if bad != nil {
			return nil, bad
		}
		listed = listed || m.at[l.at].Kind() == jsonscan.Array
		edits = append(edits, cuts...)
	}
	// Who may see a list's items and read a resource is decided for each agent, whatever the server says of caches.
	if scope, ok := m.at[atCacheScope].Text(); ok && scope != "private" {
		edits = append(edits, m.replace(atCacheScope, []byte(`"private"`)))
	}
	if ttl := m.at[atTTL]; listed && ttl.Kind() == jsonscan.NumberKind {
		if v, err := strconv.ParseFloat(string(ttl.Raw), 64); err != nil || v > MaxTTL {
			edits = append(edits, m.replace(atTTL, strconv.AppendInt(nil, MaxTTL, 10)))
		}
	}
	return edits, nil
}

// replace gives the edit that puts a text in the place of a member.
func (m *message) replace(at int, text []byte) edit {
	from := m.base + m.at[at].Offset
	return edit{from, from + len(m.at[at].Raw), text}
}

// apply copies data with the edits, which do not overlap. Without any it is data itself.
func apply(data []byte, edits []edit) []byte {
	if len(edits) == 0 {
		return data
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	out := make([]byte, 0, len(data))
	at := 0
	for _, e := range edits {
		out = append(append(out, data[at:e.from]...), e.text...)
		at = e.to
	}
	return append(out, data[at:]...)
}

// Answered gives the body with the ids that the server knows: known gives that of a request whose answer the agent may send, and false for
// any other. A response that answers none refuses the whole.
func (x *Exchange) Answered(body []byte, known func(id []byte) ([]byte, bool)) ([]byte, *Error) {
	var edits []edit
	for _, r := range x.Responses {
		id, ok := []byte(nil), false
		if r.ID != nil {
			id, ok = known(r.ID)
		}
		if !ok {
			return nil, NewError(CodeInvalidRequest, nil, "the response answers no request that the server was allowed to make of you")
		}
		edits = append(edits, edit{r.offset, r.offset + len(r.ID), id})
	}
	return apply(body, edits), nil
}

// TagID gives an id that holds another, as it was written, and a tag.
func TagID(id []byte, tag string) []byte {
	text, _ := json.Marshal(string(id) + "." + tag) // a string can always be written
	return text
}

// CutTag takes an id that TagID may have made apart.
func CutTag(tagged []byte) (id []byte, tag string, ok bool) {
	text, ok := jsonscan.Value{Raw: tagged}.Text()
	if !ok {
		return nil, "", false
	}
	for at := len(text) - 1; at > 0; at-- {
		if text[at] == '.' {
			return []byte(text[:at]), text[at+1:], true
		}
	}
	return nil, "", false
}
