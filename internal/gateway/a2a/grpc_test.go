package a2a

import (
	"net/http"
	"slices"
	"testing"

	v03 "github.com/a2aproject/a2a-go/a2apb"
	v10 "github.com/a2aproject/a2a-go/v2/a2apb/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/agentward/terraform-provider-agent/internal/gateway/call"
)

func TestGRPCBecomesACall(t *testing.T) {
	for name, c := range map[string]struct {
		path     string
		message  proto.Message
		op       Operation
		resource call.Resource
		want     call.Message
		skill    string
	}{
		"a message": {
			path: "/lf.a2a.v1.A2AService/SendMessage",
			message: &v10.SendMessageRequest{Tenant: "t", Message: &v10.Message{
				TaskId: "k", ContextId: "c", Role: v10.Role_ROLE_USER, Extensions: []string{"urn:a"}, ReferenceTaskIds: []string{"r"},
				Parts: []*v10.Part{{Content: &v10.Part_Url{Url: "https://f.example/x"}, MediaType: "a/b"}, {Content: &v10.Part_Raw{Raw: []byte("x")}}},
			}, Configuration: &v10.SendMessageConfiguration{TaskPushNotificationConfig: &v10.TaskPushNotificationConfig{Url: "https://h.example"}}},
			op: SendMessage, resource: call.Resource{Kind: call.Method, Name: "SendMessage"},
			want: call.Message{
				Task: "k", Context: "c", Role: "ROLE_USER", PartKinds: []string{"raw", "url"}, MediaTypes: []string{"a/b"}, URLHosts: []string{"f.example"},
				Extensions: []string{"urn:a", "urn:x"}, ReferenceTasks: []string{"r"}, PushHost: "h.example", Tenant: "t",
			},
		},
		"a task":                  {"/lf.a2a.v1.A2AService/GetTask", &v10.GetTaskRequest{Id: "k"}, GetTask, call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", Extensions: []string{"urn:x"}}, ""},
		"push notifications":      {"/lf.a2a.v1.A2AService/CreateTaskPushNotificationConfig", &v10.TaskPushNotificationConfig{TaskId: "k", Url: "https://h.example"}, CreatePushConfig, call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", PushHost: "h.example", Extensions: []string{"urn:x"}}, ""},
		"0.3: a message":          {"/a2a.v1.A2AService/SendStreamingMessage", &v03.SendMessageRequest{Request: &v03.Message{Role: v03.Role_ROLE_AGENT, Parts: []*v03.Part{{Part: &v03.Part_File{File: &v03.FilePart{File: &v03.FilePart_FileWithUri{FileWithUri: "https://f.example"}, MimeType: "a/b"}}}}}}, SendStreamingMessage, call.Resource{Kind: call.Method, Name: "SendStreamingMessage"}, call.Message{Role: "ROLE_AGENT", PartKinds: []string{"url"}, MediaTypes: []string{"a/b"}, URLHosts: []string{"f.example"}, Extensions: []string{"urn:x"}}, ""},
		"0.3: a task":             {"/a2a.v1.A2AService/TaskSubscription", &v03.TaskSubscriptionRequest{Name: "tasks/k"}, SubscribeToTask, call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", Extensions: []string{"urn:x"}}, ""},
		"0.3: push notifications": {"/a2a.v1.A2AService/CreateTaskPushNotificationConfig", &v03.CreateTaskPushNotificationConfigRequest{Parent: "tasks/k", Config: &v03.TaskPushNotificationConfig{PushNotificationConfig: &v03.PushNotificationConfig{Url: "https://h.example"}}}, CreatePushConfig, call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", PushHost: "h.example", Extensions: []string{"urn:x"}}, ""},
		"0.3: a configuration":    {"/a2a.v1.A2AService/GetTaskPushNotificationConfig", &v03.GetTaskPushNotificationConfigRequest{Name: "tasks/k/pushNotificationConfigs/i"}, GetPushConfig, call.Resource{Kind: call.Task, Name: "k"}, call.Message{Task: "k", Extensions: []string{"urn:x"}}, ""},
		"0.3: the extended card":  {"/a2a.v1.A2AService/GetAgentCard", &v03.GetAgentCardRequest{}, GetExtendedAgentCard, call.Resource{Kind: call.Method, Name: "GetExtendedAgentCard"}, call.Message{Extensions: []string{"urn:x"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := proto.Marshal(c.message)
			if err != nil {
				t.Fatal(err)
			}
			x, bad := parser.GRPC(c.path, http.Header{HeaderExtensions: {"urn:x"}}, text)
			if bad != nil {
				t.Fatal(bad)
			}
			if x.Operation != c.op || x.Call.Resource != c.resource || x.Skill != c.skill {
				t.Errorf("%+v %+v", x, x.Call)
			}
			same(t, *x.Call.Message, c.want)
		})
	}
}

func TestWhatDecodersTakeDifferentlyIsRefused(t *testing.T) {
	field := func(n protowire.Number, v string) []byte {
		return protowire.AppendString(protowire.AppendTag(nil, n, protowire.BytesType), v)
	}
	part := field(1, "hi")
	for name, c := range map[string]struct {
		path    string
		message []byte
		headers http.Header
	}{
		"a field twice":               {"/lf.a2a.v1.A2AService/GetTask", slices.Concat(field(2, "k"), field(2, "other")), nil},
		"a field that nobody knows":   {"/lf.a2a.v1.A2AService/GetTask", slices.Concat(field(2, "k"), field(99, "x")), nil},
		"two of a oneof":              {"/lf.a2a.v1.A2AService/SendMessage", field(2, string(slices.Concat([]byte{0x20, 1}, field(5, string(slices.Concat(part, field(3, "https://x"))))))), nil},
		"a field of another type":     {"/lf.a2a.v1.A2AService/GetTask", []byte{0x10, 1}, nil},
		"a message that is cut off":   {"/lf.a2a.v1.A2AService/GetTask", field(2, "k")[:2], nil},
		"text that is not UTF-8":      {"/lf.a2a.v1.A2AService/GetTask", field(2, "\xff"), nil},
		"no task":                     {"/lf.a2a.v1.A2AService/GetTask", nil, nil},
		"a name that is no task's":    {"/a2a.v1.A2AService/GetTask", field(1, "tasks/k/other"), nil},
		"a name of another thing":     {"/a2a.v1.A2AService/GetTask", field(1, "agents/k"), nil},
		"a name with more behind it":  {"/a2a.v1.A2AService/GetTaskPushNotificationConfig", field(1, "tasks/k/pushNotificationConfigs/i/x"), nil},
		"a version of other services": {"/lf.a2a.v1.A2AService/GetTask", field(2, "k"), http.Header{HeaderVersion: {"0.3"}}},
		"a method that nobody knows":  {"/lf.a2a.v1.A2AService/DropTask", field(2, "k"), nil},
		"another service":             {"/lf.a2a.v2.A2AService/GetTask", field(2, "k"), nil},
	} {
		if x, bad := parser.GRPC(c.path, c.headers, c.message); bad == nil {
			t.Errorf("%s: taken as %+v", name, x.Call)
		}
	}
	if _, bad := parser.GRPC("/lf.a2a.v1.A2AService/GetTask", nil, field(2, "k")); bad != nil {
		t.Error(bad)
	}
	if _, bad := parser.GRPC("/lf.a2a.v1.A2AService/SendMessage", nil, field(2, string(slices.Concat([]byte{0x20, 1}, field(5, string(part)))))); bad != nil {
		t.Error(bad)
	}
}
