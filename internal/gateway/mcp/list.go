package mcp

import (
	"fmt"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// Item is one thing that a server lists.
type Item struct {
	// Resource is what a call would be about: a tool or prompt by its name, a resource by its URI, a resource template by its
	// URI template.
	Resource call.Resource
	// Annotations are a tool's; nil where the server said nothing.
	Annotations *call.Annotations
	// Mirrors are what a tool wants repeated in headers; nil for nothing.
	Mirrors []Mirror
	Raw     []byte // the whole item
}

// list is a member of a result that holds items.
type list struct {
	at     int
	member string
	kind   call.Kind
	name   string // the member of an item that names it
	nameAt int
	method string // that it answers
}

var lists = []list{
	{atTools, "tools", call.Tool, "name", itemName, "tools/list"},
	{atPrompts, "prompts", call.Prompt, "name", itemName, "prompts/list"},
	{atResources, "resources", call.Document, "uri", itemURI, "resources/list"},
	{atTemplates, "resourceTemplates", call.Document, "uriTemplate", itemTemplate, "resources/templates/list"},
}

var itemShape = jsonscan.MustShape("/name", "/uri", "/uriTemplate", "/annotations",
	"/annotations/readOnlyHint", "/annotations/destructiveHint", "/annotations/idempotentHint", "/annotations/openWorldHint", "/inputSchema")

const (
	itemName = iota
	itemURI
	itemTemplate
	itemAnnotations
	itemReadOnly // this and the next three in the order of call.Annotations
	itemDestructive
	itemIdempotent
	itemOpenWorld
	itemInput
	itemMembers
)

// refused gives the parts of the body to cut so that the refused items of a list and their commas are gone. An item that cannot be read
// refuses the whole.
func (p *Parser) refused(m *message, l list, keep func(Item) bool) ([]edit, *Error) {
	v := m.at[l.at]
	switch v.Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return nil, nil
	case jsonscan.Array:
	default:
		return nil, m.invalid("result." + l.member + ": must be an array")
	}
	var cuts []edit
	base := m.base + v.Offset
	// Where the last kept item ends; a cut starts there and takes the comma after it along. Before the first kept item a cut runs
	// up to the next item instead.
	end, kept := base+1, false
	for e := range v.Elements() {
		item, bad := p.item(m, l, e)
		if bad != nil {
			return nil, bad
		}
		from, to := m.base+e.Offset, m.base+e.Offset+len(e.Raw)
		switch {
		case keep(item):
			if !kept && from > end && len(cuts) > 0 {
				cuts[len(cuts)-1].to = from
			}
			kept, end = true, to
		case len(cuts) > 0 && cuts[len(cuts)-1].from == end:
			cuts[len(cuts)-1].to = to
		default:
			cuts = append(cuts, edit{from: end, to: to})
		}
	}
	return cuts, nil
}

// Tools gives the tools of the answer to the request of this id, and the cursor of the next page, "" for none. It reports false where the
// answer does not hold that response.
func (a *Answer) Tools(id []byte) (tools []Item, cursor string, found bool, bad *Error) {
	for i := range a.messages {
		m := &a.messages[i]
		if m.method != "" || m.id == nil || !sameID(m.id, id) {
			continue
		}
		cursor, _ = m.at[atCursor].Text()
		_, bad = a.parser.refused(m, lists[0], func(item Item) bool {
			tools = append(tools, item)
			return true
		})
		return tools, cursor, true, bad
	}
	return nil, "", false, nil
}

func (p *Parser) item(m *message, l list, e jsonscan.Value) (Item, *Error) {
	var at [itemMembers]jsonscan.Value
	if _, err := itemShape.Scan(e.Raw, p.Limits, at[:]); err != nil {
		return Item{}, m.invalid(fmt.Sprintf("result.%s: %v", l.member, err))
	}
	if e.Kind() != jsonscan.Object {
		return Item{}, m.invalid("result." + l.member + ": must hold objects")
	}
	name, ok := at[l.nameAt].Text()
	if !ok {
		return Item{}, m.invalid(fmt.Sprintf("result.%s: an item without %s", l.member, l.name))
	}
	item := Item{Resource: call.Resource{Kind: l.kind, Name: name}, Raw: e.Raw}
	if l.kind != call.Tool {
		return item, nil
	}
	item.Mirrors = mirrors(at[itemInput])
	switch at[itemAnnotations].Kind() {
	case jsonscan.Absent, jsonscan.Null:
		return item, nil
	case jsonscan.Object:
	default:
		return Item{}, m.invalid(fmt.Sprintf("result.tools: the annotations of %q are no object", name))
	}
	// The defaults of MCP's ToolAnnotations.
	a := call.Annotations{Destructive: true, OpenWorld: true}
	for i, hint := range []*bool{&a.ReadOnly, &a.Destructive, &a.Idempotent, &a.OpenWorld} {
		switch v := at[itemReadOnly+i]; v.Kind() {
		case jsonscan.Absent, jsonscan.Null:
		case jsonscan.Bool:
			*hint = v.Raw[0] == 't'
		default:
			return Item{}, m.invalid(fmt.Sprintf("result.tools: an annotation of %q is no boolean", name))
		}
	}
	item.Annotations = &a
	return item, nil
}
