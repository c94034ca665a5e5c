package gcptest

import (
	"fmt"
	"regexp"
	"strings"

	"cloud.google.com/go/iam/apiv3/iampb"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// iamV3 is IAM v3 in the form of a discovery document. Google publishes none: routes, fields and their behaviour come from the protobuf
// descriptors in Google's Go client, and bodies are read by protobuf's own JSON, which takes enums as names and as numbers.
func iamV3() *document {
	d := &document{
		Name: "iam", Version: "v3", protobuf: "google.iam.v3",
		Parameters: map[string]*schema{"$alt": {Type: "string"}, "alt": {Type: "string"}, "fields": {Type: "string"}, "prettyPrint": {Type: "boolean"}},
		Schemas:    map[string]*schema{"Operation": {Type: "object"}},
		Methods:    map[string]*method{},
		rewrite:    rewriteProtobuf,
		numbers:    numberEnums,
	}
	for _, file := range []protoreflect.FileDescriptor{
		iampb.File_google_iam_v3_access_policies_service_proto,
		iampb.File_google_iam_v3_policy_bindings_service_proto,
		iampb.File_google_iam_v3_principal_access_boundary_policies_service_proto,
	} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				d.addMethods(methods.Get(j))
			}
		}
	}
	// Every service with operations has the methods of google.longrunning.Operations, which its own descriptors do not show.
	operations := &method{ID: "iam.operations.get", HTTPMethod: "GET", Path: "v3/{+name}", Parameters: map[string]*schema{
		"name": {Type: "string", Pattern: "^(?:projects|folders|organizations)/[^/]+/locations/[^/]+/operations/[^/]+$"},
	}}
	operations.Response.Ref = "Operation"
	d.Methods[operations.ID] = operations
	if err := d.index(); err != nil {
		panic(err) // the descriptors are part of the program
	}
	return d
}

// addMethods adds the REST methods of an RPC: there is one for every kind of parent.
func (d *document) addMethods(rpc protoreflect.MethodDescriptor) {
	rule, ok := proto.GetExtension(rpc.Options(), annotations.E_Http).(*annotations.HttpRule)
	if !ok || rule == nil {
		return
	}
	for _, binding := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
		m := d.restMethod(rpc, binding)
		d.Methods[m.ID] = m
	}
}

// template is the one variable in the path of a method: {access_policy.name=projects/*/locations/*/accessPolicies/*}.
var template = regexp.MustCompile(`\{([a-z_.]+)=([^}]+)\}`)

func (d *document) restMethod(rpc protoreflect.MethodDescriptor, rule *annotations.HttpRule) *method {
	verb, path := httpVerb(rule)
	parts := template.FindStringSubmatch(path)
	variable, pattern := parts[1], parts[2]
	m := &method{
		HTTPMethod: verb,
		Path:       strings.TrimPrefix(strings.Replace(path, parts[0], "{+"+variable+"}", 1), "/"),
		Parameters: map[string]*schema{variable: {Type: "string", Pattern: "^" + strings.ReplaceAll(pattern, "*", "[^/]+") + "$"}},
	}
	var collection []string
	rest, _, _ := strings.Cut(path[strings.Index(path, parts[0])+len(parts[0]):], ":")
	for _, segment := range strings.Split(pattern+rest, "/") {
		if segment != "*" {
			collection = append(collection, segment)
		}
	}
	m.ID = "iam." + strings.Join(collection, ".") + "." + restVerb(string(rpc.Name()))
	m.Response.Ref = d.add(rpc.Output())
	fields := rpc.Input().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch name := string(field.Name()); {
		case name == rule.GetBody():
			m.Request.Ref = d.add(field.Message())
		case name == variable:
		default:
			m.Parameters[field.JSONName()] = d.field(field)
		}
	}
	return m
}

func httpVerb(rule *annotations.HttpRule) (verb, path string) {
	switch {
	case rule.GetGet() != "":
		return "GET", rule.GetGet()
	case rule.GetPost() != "":
		return "POST", rule.GetPost()
	case rule.GetPatch() != "":
		return "PATCH", rule.GetPatch()
	case rule.GetPut() != "":
		return "PUT", rule.GetPut()
	}
	return "DELETE", rule.GetDelete()
}

// restVerb is the last part of the ID that a discovery document would have for an RPC.
func restVerb(rpc string) string {
	for prefix, verb := range map[string]string{"Create": "create", "Get": "get", "List": "list", "Update": "patch", "Delete": "delete"} {
		if strings.HasPrefix(rpc, prefix) {
			return verb
		}
	}
	return "search"
}

// add adds a message, and those in it, to the schemas, and gives its name there.
func (d *document) add(message protoreflect.MessageDescriptor) string {
	name := strings.TrimPrefix(strings.TrimPrefix(string(message.FullName()), "google.iam.v3."), "google.longrunning.")
	if d.Schemas[name] != nil {
		return name
	}
	s := &schema{ID: name, Type: "object", Properties: map[string]*schema{}}
	d.Schemas[name] = s
	fields := message.Fields()
	for i := range fields.Len() {
		s.Properties[fields.Get(i).JSONName()] = d.field(fields.Get(i))
	}
	return name
}

// field is a field of a message. What it is for is put as discovery puts it: as the first words of the description.
func (d *document) field(field protoreflect.FieldDescriptor) *schema {
	s := d.single(field)
	switch {
	case field.IsMap():
		s = &schema{Type: "object", AdditionalProperties: d.single(field.MapValue())}
	case field.IsList():
		s = &schema{Type: "array", Items: s}
	}
	behaviors, _ := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	for _, behavior := range behaviors {
		words := strings.ToLower(strings.ReplaceAll(behavior.String(), "_", " "))
		s.Description += strings.ToUpper(words[:1]) + words[1:] + ". "
	}
	if oneof := field.ContainingOneof(); oneof != nil && !oneof.IsSynthetic() {
		s.OneOf = string(oneof.Name())
	}
	return s
}

func (d *document) single(field protoreflect.FieldDescriptor) *schema {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return &schema{Type: "boolean"}
	case protoreflect.EnumKind:
		s := &schema{Type: "string"}
		values := field.Enum().Values()
		for i := range values.Len() {
			s.Enum = append(s.Enum, string(values.Get(i).Name()))
		}
		return s
	case protoreflect.Int32Kind:
		return &schema{Type: "integer", Format: "int32"}
	case protoreflect.Int64Kind:
		return &schema{Type: "string", Format: "int64"}
	case protoreflect.StringKind:
		return &schema{Type: "string"}
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "google.protobuf.Timestamp":
			return &schema{Type: "string", Format: "google-datetime"}
		case "google.protobuf.FieldMask":
			return &schema{Type: "string", Format: "google-fieldmask"}
		case "google.protobuf.Any", "google.protobuf.Struct":
			return &schema{Type: "object", AdditionalProperties: &schema{Type: "any"}}
		}
		return &schema{Ref: d.add(field.Message())}
	}
	panic(fmt.Sprintf("the field %s has a kind that the fake does not know: %s", field.FullName(), field.Kind()))
}

// newMessage makes the message that a schema of iamV3 stands for.
func newMessage(name string) (proto.Message, error) {
	for _, in := range []string{"google.iam.v3.", "google.longrunning.", ""} {
		if t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(in + name)); err == nil {
			return t.New().Interface(), nil
		}
	}
	return nil, fmt.Errorf("there is no message %s", name)
}

// rewriteProtobuf reads a body as protobuf's JSON, strictly, and writes it with the names of fields and enums that schemas have.
func rewriteProtobuf(message string, body []byte) ([]byte, *refusal) {
	m, err := newMessage(message)
	if err != nil {
		return nil, refuse("INTERNAL", "%v", err)
	}
	if err := protojson.Unmarshal(body, m); err != nil {
		return nil, refuse("INVALID_ARGUMENT", "Invalid JSON payload received. %v", err)
	}
	canonical, err := protojson.Marshal(m)
	if err != nil {
		return nil, refuse("INTERNAL", "%v", err)
	}
	return canonical, nil
}

// numberEnums writes an answer with enums as numbers, as clients ask for with $alt=json;enum-encoding=int.
func numberEnums(message string, body []byte) ([]byte, error) {
	m, err := newMessage(message)
	if err != nil {
		return nil, err
	}
	if err := protojson.Unmarshal(body, m); err != nil {
		return nil, err
	}
	return protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(m)
}
