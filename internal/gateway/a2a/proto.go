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
	_ "google.golang.org/protobuf/types/known/emptypb" // imported by the descriptors
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
)

// The wire format of both versions: descriptors of the specification's a2a.proto without options. A test compares them with those that the
// SDK was generated from. They stay out of the global registry, where a program may have its own.
//
//go:embed v10.binpb
var wire10 []byte

//go:embed v03.binpb
var wire03 []byte

// Services are those of gRPC, by version.
var Services = map[string]string{Version10: "lf.a2a.v1.A2AService", Version03: "a2a.v1.A2AService"}

var files = sync.OnceValue(func() map[string]protoreflect.ServiceDescriptor {
	found := map[string]protoreflect.ServiceDescriptor{}
	for version, text := range map[string][]byte{Version10: wire10, Version03: wire03} {
		var set descriptorpb.FileDescriptorSet
		if err := proto.Unmarshal(text, &set); err != nil {
			panic(fmt.Sprintf("a2a: the embedded descriptors do not parse: %v", err))
		}
		file, err := protodesc.NewFile(set.File[0], protoregistry.GlobalFiles)
		if err != nil {
			panic(fmt.Sprintf("a2a: the embedded descriptors do not resolve: %v", err))
		}
		found[version] = file.Services().ByName("A2AService")
	}
	return found
})

// rpc gives the descriptor of a method of gRPC, nil where there is none.
func rpc(version, name string) protoreflect.MethodDescriptor {
	return files()[version].Methods().ByName(protoreflect.Name(name))
}
