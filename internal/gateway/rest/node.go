package rest

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// once makes sure that no mapping has a key twice, of which one reader would take the first and another the last.
func once(n *yaml.Node) error {
	seen := map[string]bool{}
	for i, child := range n.Content {
		if key := n.Kind == yaml.MappingNode && i%2 == 0; key && child.Kind == yaml.ScalarNode {
			if seen[child.Value] {
				return at(child, "%q is there twice", child.Value)
			}
			seen[child.Value] = true
		}
		if err := once(child); err != nil {
			return err
		}
	}
	return nil
}

// member gives the value of a key of a mapping, nil where it has none. An alias is an error: JSON does not have it, and it makes a short document a
// large one.
func (d *document) member(n *yaml.Node, name string) (*yaml.Node, error) {
	var found *yaml.Node
	err := d.each(n, func(key, value *yaml.Node) error {
		if key.Value == name {
			found = value
		}
		return nil
	})
	return found, err
}

// each does something for each key of a mapping.
func (d *document) each(n *yaml.Node, do func(key, value *yaml.Node) error) error {
	if n.Kind != yaml.MappingNode {
		return at(n, "it is no mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode || key.Tag == "!!merge" {
			return at(key, "YAML aliases and merges are not read: write the part out, or refer to it with $ref")
		}
		if err := do(key, value); err != nil {
			return err
		}
	}
	return nil
}

// resolved follows references within the document.
func (d *document) resolved(n *yaml.Node) (*yaml.Node, error) {
	for range maxRefs {
		if n.Kind != yaml.MappingNode {
			return nil, at(n, "it is no mapping")
		}
		ref, err := d.member(n, "$ref")
		if err != nil || ref == nil {
			return n, err
		}
		pointer, ok := strings.CutPrefix(ref.Value, "#/")
		if !ok {
			return nil, at(ref, "%q is in another document: bundle all into one first", ref.Value)
		}
		to := d.root
		for name := range strings.SplitSeq(pointer, "/") {
			name = strings.NewReplacer("~1", "/", "~0", "~", "%7B", "{", "%7D", "}").Replace(name)
			if to, err = d.member(to, name); err != nil {
				return nil, err
			}
			if to == nil {
				return nil, at(ref, "%q is not there", ref.Value)
			}
		}
		n = to
	}
	return nil, at(n, "references lead to references without end")
}
