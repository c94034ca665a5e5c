package a2a

import (
	_ "embed"
	"fmt"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/agentward/terraform-provider-agent/internal/gateway/rpc"
)

// The wire format of both versions: descriptors of the specification's a2a.proto with what it imports and without options. A test compares them with those that the
// SDK was generated from. They stay out of the global registry, where a program may have its own.
//
//go:embed v10.binpb
var wire10 []byte

//go:embed v03.binpb
var wire03 []byte

// Services are those of gRPC, by version.
var Services = map[string]string{Version10: "lf.a2a.v1.A2AService", Version03: "a2a.v1.A2AService"}

// wire is how the messages of a version are read and written.
type wire struct {
	requests *rpc.Descriptors
	service  protoreflect.ServiceDescriptor
}

var wires = sync.OnceValue(func() map[string]wire {
	found := map[string]wire{}
	for version, text := range map[string][]byte{Version10: wire10, Version03: wire03} {
		var set descriptorpb.FileDescriptorSet
		err := proto.Unmarshal(text, &set)
		var files *protoregistry.Files
		if err == nil {
			files, err = protodesc.NewFiles(&set)
		}
		var service protoreflect.Descriptor
		if err == nil {
			service, err = files.FindDescriptorByName(protoreflect.FullName(Services[version]))
		}
		var requests *rpc.Descriptors
		if err == nil {
			requests, err = rpc.NewDescriptors(text)
		}
		if err != nil {
			panic(fmt.Sprintf("a2a: the embedded descriptors cannot be used: %v", err))
		}
		found[version] = wire{requests, service.(protoreflect.ServiceDescriptor)} //nolint:forcetypeassert // it was found by the service's name
	}
	return found
})

// method gives the descriptor of a method of gRPC, nil where there is none.
func (w wire) method(name string) protoreflect.MethodDescriptor {
	return w.service.Methods().ByName(protoreflect.Name(name))
}
