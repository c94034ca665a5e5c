package rpc

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// MaxDescriptors is how many bytes a descriptor set may have.
const MaxDescriptors = 16 << 20

// Descriptors say what the messages of services look like.
type Descriptors struct {
	files   *protoregistry.Files
	types   *dynamicpb.Types
	methods map[string]*Procedure
}

// Procedure is an RPC whose messages can be read.
type Procedure struct {
	// Streams says that the caller may send any number of messages, rather than one.
	Streams bool
	input   protoreflect.MessageDescriptor
	known   *Descriptors
}

// NewDescriptors reads a google.protobuf.FileDescriptorSet, as "protoc --include_imports --descriptor_set_out" or "buf build" write it. It
// must hold all that its files import.
func NewDescriptors(set []byte) (*Descriptors, error) {
	if len(set) > MaxDescriptors {
		return nil, fmt.Errorf("it has %d bytes, and may have %d", len(set), MaxDescriptors)
	}
	var written descriptorpb.FileDescriptorSet
	if err := (proto.UnmarshalOptions{DiscardUnknown: false}).Unmarshal(set, &written); err != nil {
		return nil, fmt.Errorf("it is not a FileDescriptorSet: %w", err)
	}
	if len(written.File) == 0 {
		return nil, errors.New("it is a FileDescriptorSet of no file")
	}
	files, err := protodesc.NewFiles(&written)
	if err != nil {
		return nil, fmt.Errorf("its files do not belong together (were imports included?): %w", err)
	}
	d := &Descriptors{files: files, types: dynamicpb.NewTypes(files), methods: map[string]*Procedure{}}
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			service := f.Services().Get(i)
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				d.methods[string(service.FullName())+"/"+string(m.Name())] = &Procedure{Streams: m.IsStreamingClient(), input: m.Input(), known: d}
			}
		}
		return true
	})
	return d, nil
}

// Has says whether a service is described.
func (d *Descriptors) Has(service string) bool {
	found, err := d.files.FindDescriptorByName(protoreflect.FullName(service))
	_, is := found.(protoreflect.ServiceDescriptor)
	return err == nil && is
}

// Procedure gives an RPC by its name, "package.Service/Method"; nil where it is not described.
func (d *Descriptors) Procedure(method string) *Procedure {
	if d == nil {
		return nil
	}
	return d.methods[method]
}

// Arguments gives a message as a JSON object, as protojson writes it, but for two things that policies need: 64-bit integers are numbers, and
// members without presence are there with their default. A message whose JSON is no object, such as google.protobuf.StringValue, is the
// member "value" of one. What the descriptors do not know, and what two decoders may read differently, is
// an error.
func (p *Procedure) Arguments(message []byte, depth int) ([]byte, error) {
	s := scan{known: p.known, depth: depth}
	if err := s.message(message, p.input, 0); err != nil {
		return nil, err
	}
	read := dynamicpb.NewMessage(p.input)
	if err := (proto.UnmarshalOptions{Resolver: p.known.types, RecursionLimit: depth + 1}).Unmarshal(message, read); err != nil {
		return nil, fmt.Errorf("it is no %s: %w", p.input.FullName(), err)
	}
	w := writer{known: p.known, depth: depth}
	if err := w.message(read); err != nil {
		return nil, err
	}
	if w.to[0] != '{' {
		return append(append([]byte(`{"value":`), w.to...), '}'), nil
	}
	return w.to, nil
}
