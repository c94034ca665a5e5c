package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// messageCalls are Google's own calls of one kind whose type T is a protobuf message. All of its mutations are long-running.
type messageCalls[T proto.Message] struct {
	gone
	// message gives an empty T.
	message func() T
	read    func(ctx context.Context, name string) (T, error)
	insert  func(ctx context.Context, at target, object T) (started, error)
	change  func(ctx context.Context, object T, mask *fieldmaskpb.FieldMask) (started, error)
	remove  func(ctx context.Context, name string) (started, error)
	// replaces is set where an update leaves nothing that is not sent.
	replaces *kind
	progress func(context.Context, *longrunningpb.GetOperationRequest, ...gax.CallOption) (*longrunningpb.Operation, error)
}

// started is an operation as one of Google's generated clients gives it.
type started interface{ Name() string }

func (m messageCalls[T]) get(ctx context.Context, at target) (map[string]any, error) {
	object, err := m.read(ctx, at.name)
	if err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode what Google sent: %w", err)
	}
	return parseBody(text)
}

func (m messageCalls[T]) create(ctx context.Context, at target, body map[string]any) (operation, error) {
	object, err := m.typed(body)
	if err != nil {
		return operation{}, err
	}
	return under(m.insert(ctx, at, object))
}

func (m messageCalls[T]) patch(ctx context.Context, at target, body map[string]any, mask []string, etag string) (operation, error) {
	sent := maps.Clone(body)
	if m.replaces != nil {
		there, err := m.get(ctx, at)
		if err != nil {
			return operation{}, err
		}
		sent = m.replaces.replacement(there, body, mask)
	}
	sent["name"] = at.name
	if etag != "" {
		sent["etag"] = etag
	}
	object, err := m.typed(sent)
	if err != nil {
		return operation{}, err
	}
	paths := make([]string, len(mask))
	for i, path := range mask {
		paths[i] = snakeCase(path)
	}
	fields, err := fieldmaskpb.New(object, paths...)
	if err != nil {
		return operation{}, fmt.Errorf("name what changes: %w", err)
	}
	return under(m.change(ctx, object, fields))
}

func (m messageCalls[T]) delete(ctx context.Context, at target) (operation, error) {
	return under(m.remove(ctx, at.name))
}

func (m messageCalls[T]) poll(ctx context.Context, name string) (operation, error) {
	op, err := m.progress(ctx, &longrunningpb.GetOperationRequest{Name: name})
	if err != nil {
		return operation{}, err
	}
	done := operation{Name: op.GetName(), Done: op.GetDone()}
	var failed *refusal
	if errors.As(answered(status.ErrorProto(op.GetError())), &failed) {
		done.Error = &operationError{Code: int(failed.code), Message: failed.message, Details: failed.details}
	}
	return done, nil
}

// typed turns a body into one of Google's messages, strictly: a field that the message lacks is an error.
func (m messageCalls[T]) typed(body map[string]any) (T, error) {
	object := m.message()
	text, err := json.Marshal(body)
	if err != nil {
		return object, fmt.Errorf("encode the object: %w", err)
	}
	if err := protojson.Unmarshal(text, object); err != nil {
		return object, fmt.Errorf("the object is not what Google's client knows as one: %w", err)
	}
	return object, nil
}

// under gives an operation as one that is under way, even where it is done already: only a look at it tells whether it failed.
func under(op started, err error) (operation, error) {
	if err != nil {
		return operation{}, err
	}
	return operation{Name: op.Name()}, nil
}

// snakeCase gives the name of a field as a message has it: "displayName" is display_name.
func snakeCase(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
