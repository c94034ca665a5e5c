package a2a

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	v03 "github.com/a2aproject/a2a-go/a2apb"
	v10 "github.com/a2aproject/a2a-go/v2/a2apb/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var update = flag.Bool("update", false, "write the descriptors anew")

// bare is a file's descriptor without options, which say nothing of the wire.
func bare(f protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	d := protodesc.ToFileDescriptorProto(f)
	d.Options = nil
	d.Dependency = slices.DeleteFunc(d.Dependency, func(name string) bool { return strings.HasPrefix(name, "google/api/") })
	for _, s := range d.Service {
		s.Options = nil
		for _, m := range s.Method {
			m.Options = nil
		}
	}
	var messages func([]*descriptorpb.DescriptorProto)
	messages = func(all []*descriptorpb.DescriptorProto) {
		for _, m := range all {
			if !m.GetOptions().GetMapEntry() {
				m.Options = nil
			}
			for _, f := range m.Field {
				f.Options = nil
			}
			messages(m.NestedType)
		}
	}
	messages(d.MessageType)
	return d
}

func TestTheDescriptorsAreThoseOfTheSDK(t *testing.T) {
	for name, c := range map[string]struct {
		file protoreflect.FileDescriptor
		have []byte
	}{"v03.binpb": {v03.File_a2a_proto, wire03}, "v10.binpb": {v10.File_a2av1_proto, wire10}} {
		set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
			bare(emptypb.File_google_protobuf_empty_proto), bare(structpb.File_google_protobuf_struct_proto),
			bare(timestamppb.File_google_protobuf_timestamp_proto), bare(c.file),
		}}
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(name, want, 0o600); err != nil {
				t.Fatal(err)
			}
		} else if !bytes.Equal(c.have, want) {
			t.Errorf("%s: is not the SDK's; run the test with -update", name)
		}
	}
}

// Every RPC of both services is an operation, and takes one message.
func TestEveryRPCIsAnOperation(t *testing.T) {
	for version, w := range wires() {
		for i := range w.service.Methods().Len() {
			m := w.service.Methods().Get(i)
			name := string(m.Name())
			op, ok := rpcs[name]
			if !ok || version == Version10 {
				op = Operation(name)
			}
			known := false
			for _, other := range methods {
				known = known || other.op == op
			}
			if !known || m.IsStreamingClient() {
				t.Errorf("%s: %s is no operation", version, name)
			}
		}
	}
}
