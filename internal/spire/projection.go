package spire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/agentward/terraform-provider-agent/internal/stack"
)

// fieldsOf gives the fields of an object of ours as JSON values, with numbers as they are written.
func fieldsOf(object any) (map[string]any, error) {
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode the projection: %w", err)
	}
	return parseFields(text)
}

func parseFields(text []byte) (map[string]any, error) {
	var fields map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("decode the projection: %w", err)
	}
	return fields, nil
}

// reclaimed lists the fields that differ from the stored projection and from what is desired: somebody else changed them, and an
// apply takes them back. Without a stored projection nothing was ours to be changed.
func reclaimed(live, desired any, prior string) ([]string, error) {
	if prior == "" {
		return nil, nil
	}
	stored, err := parseFields([]byte(prior))
	if err != nil {
		return nil, err
	}
	now, err := fieldsOf(live)
	if err != nil {
		return nil, err
	}
	wanted, err := fieldsOf(desired)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(stored)
	maps.Copy(all, now)
	maps.Copy(all, wanted)
	var taken []string
	for _, field := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(now[field], stored[field]) && !reflect.DeepEqual(now[field], wanted[field]) {
			taken = append(taken, field)
		}
	}
	return taken, nil
}

func decodeStrictly(body map[string]any, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode the object: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("decode the object: %w", err)
	}
	return nil
}

func ignoreNotFound(err error) error {
	if errors.Is(err, stack.ErrNotFound) {
		return nil
	}
	return err
}
