package a2a

import "github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"

// members of the object of parameters that decisions rest on, in both versions. Their order is that of the constants below.
var members = []string{
	"/tenant", "/id", "/taskId", "/contextId", "/name", "/parent", "/url", "/metadata",
	"/message", "/message/contextId", "/message/taskId", "/message/role", "/message/parts", "/message/content",
	"/message/metadata", "/message/extensions", "/message/referenceTaskIds",
	"/configuration", "/configuration/taskPushNotificationConfig", "/configuration/taskPushNotificationConfig/url",
	"/configuration/pushNotificationConfig", "/configuration/pushNotificationConfig/url",
	"/configuration/pushNotification", "/configuration/pushNotification/url",
	"/pushNotificationConfig", "/pushNotificationConfig/url",
	"/config", "/config/pushNotificationConfig", "/config/pushNotificationConfig/url",
}

const (
	atTenant = iota
	atID
	atTask
	atContext
	atName
	atParent
	atURL
	atMetadata
	atMessage
	atMessageContext
	atMessageTask
	atRole
	atParts
	atContent
	atMessageMetadata
	atExtensions
	atReferences
	atConfiguration
	atPush
	atPushURL
	atPush03
	atPush03URL
	atPushProto
	atPushProtoURL
	atSet
	atSetURL
	atCreate
	atCreatePush
	atCreatePushURL
	memberCount
)

// spellings are Protobuf's own of the members above. Servers that read JSON by Protobuf's rules take them, others do not see them: they
// are refused. "request" is how Protobuf has 0.3's message.
var spellings = []string{
	"/task_id", "/context_id", "/request",
	"/message/context_id", "/message/task_id", "/message/reference_task_ids",
	"/configuration/task_push_notification_config", "/configuration/push_notification_config", "/configuration/push_notification",
	"/push_notification_config", "/config/push_notification_config",
}

// Envelope of JSON-RPC, before the members.
const (
	atTag = iota
	atRequest
	atMethod
	atParams
	envelope
)

var (
	bodyShape = jsonscan.MustShape(append(members[:len(members):len(members)], spellings...)...)
	callShape = jsonscan.MustShape(append([]string{"/jsonrpc", "/id", "/method", "/params"}, within("/params")...)...)
)

func within(parent string) []string {
	var all []string
	for _, list := range [][]string{members, spellings} {
		for _, name := range list {
			all = append(all, parent+name)
		}
	}
	return all
}

const shapeCount = memberCount + 11

// params are the values of members and spellings.
type params []jsonscan.Value

// misspelt names the first member in Protobuf's spelling, "" for none.
func (m params) misspelt() string {
	for i, v := range m[memberCount:] {
		if v.Kind() != jsonscan.Absent {
			return spellings[i][1:]
		}
	}
	return ""
}
