package gcptest

import (
	"regexp"
	"strconv"
	"strings"
)

// list answers a page of the objects below a parent.
func (c *call) list() (map[string]any, *refusal) {
	keep, r := filter(c.query.Get("filter"))
	if r != nil {
		return nil, r
	}
	size, start := 100, 0
	if text := c.query.Get("pageSize"); text != "" && text != "0" {
		size, _ = strconv.Atoi(text)
	}
	if token := c.query.Get("pageToken"); token != "" {
		var err error
		if start, err = strconv.Atoi(token); err != nil {
			return nil, invalid([]violation{{"page_token", "the token is none that this server gave"}})
		}
	}
	var found []any
	for _, o := range c.server.in(c.kind) {
		if !strings.HasPrefix(o.name, c.name+"/") && c.kind.singleton == nil || o.deleted && c.query.Get("showDeleted") != "true" {
			continue
		}
		if o.hidden > 0 {
			o.hidden--
			continue
		}
		if answer := c.answer(o); keep(answer) {
			found = append(found, answer)
		}
	}
	page := map[string]any{}
	if start < len(found) {
		end := min(start+size, len(found))
		page[c.listField()] = found[start:end]
		if end < len(found) {
			page["nextPageToken"] = strconv.Itoa(end)
		}
	}
	return page, nil
}

// listField is the field of a list's answer that has the objects.
func (c *call) listField() string {
	response := c.route.document.Schemas[c.route.Response.Ref]
	for _, name := range sorted(response.Properties) {
		if p := response.Properties[name]; p.array() && p.Items.Ref != "" {
			return name
		}
	}
	panic("no list in the answer of " + c.route.ID)
}

var comparison = regexp.MustCompile(`^\s*([A-Za-z_.]+)\s*=\s*"([^"]*)"\s*$`)

// filter reads the part of AIP-160 that clients of these services use: comparisons for equality, joined by AND.
func filter(expression string) (func(map[string]any) bool, *refusal) {
	want := map[string]string{}
	if expression != "" {
		for _, term := range strings.Split(expression, " AND ") {
			parts := comparison.FindStringSubmatch(term)
			if parts == nil {
				return nil, refuse("UNIMPLEMENTED", "The fake only knows filters of the form field=\"value\" AND …, not %q.", expression)
			}
			want[parts[1]] = parts[2]
		}
	}
	return func(object map[string]any) bool {
		for path := range want {
			if text, _ := dig(object, path).(string); text != want[path] {
				return false
			}
		}
		return true
	}, nil
}

// dig reads what is at a path of names, in either spelling.
func dig(v any, path string) any {
	for _, name := range strings.Split(path, ".") {
		fields, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		next, ok := fields[name]
		if !ok {
			for candidate := range fields {
				if snake(candidate) == name {
					next = fields[candidate]
				}
			}
		}
		v = next
	}
	return v
}
