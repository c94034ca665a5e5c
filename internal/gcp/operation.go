package gcp

import (
	"encoding/json"
	"fmt"
)

// operation is what a mutation returned. Google's services have several types for it, of one form in JSON
// (https://google.aip.dev/151).
type operation struct {
	Name  string          `json:"name"`
	Done  bool            `json:"done"`
	Error *operationError `json:"error"`
}

// operationError is a google.rpc.Status.
type operationError struct {
	Code    int              `json:"code"` // of google.rpc.Code
	Message string           `json:"message"`
	Details []map[string]any `json:"details"`
}

// finished is the operation of a call that was done at once.
var finished = operation{Done: true}

// outcome reads what a call returned: the object itself, or an operation.
func outcome[T any](returned any, err error) (operation, error) {
	if err != nil {
		return operation{}, err
	}
	if _, object := returned.(*T); object {
		return finished, nil
	}
	text, err := json.Marshal(returned)
	if err != nil {
		return operation{}, fmt.Errorf("encode the operation: %w", err)
	}
	var op operation
	if err := json.Unmarshal(text, &op); err != nil {
		return operation{}, fmt.Errorf("decode the operation: %w", err)
	}
	if op.Name == "" { // an Empty: done at once too
		op.Done = true
	}
	return op, nil
}
