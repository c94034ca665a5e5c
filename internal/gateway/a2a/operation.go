package a2a

// Operation is what is asked for, by its name in 1.0, which is that of a call's method in every version and binding.
type Operation string

// The operations (1.0 §3.1 and §9.4). GetAgentCard is the public card, which 1.0 has no method for.
const (
	SendMessage          Operation = "SendMessage"
	SendStreamingMessage Operation = "SendStreamingMessage"
	GetTask              Operation = "GetTask"
	ListTasks            Operation = "ListTasks"
	CancelTask           Operation = "CancelTask"
	SubscribeToTask      Operation = "SubscribeToTask"
	CreatePushConfig     Operation = "CreateTaskPushNotificationConfig"
	GetPushConfig        Operation = "GetTaskPushNotificationConfig"
	ListPushConfigs      Operation = "ListTaskPushNotificationConfigs"
	DeletePushConfig     Operation = "DeleteTaskPushNotificationConfig"
	GetExtendedAgentCard Operation = "GetExtendedAgentCard"
	GetAgentCard         Operation = "GetAgentCard"
)

// method is what a JSON-RPC method or an RPC stands for.
type method struct {
	op      Operation
	version string
}

// methods are those of JSON-RPC. The names of the two versions differ all, so that a method tells how its parameters are to be read.
var methods = map[string]method{
	"SendMessage": {SendMessage, Version10}, "SendStreamingMessage": {SendStreamingMessage, Version10},
	"GetTask": {GetTask, Version10}, "ListTasks": {ListTasks, Version10}, "CancelTask": {CancelTask, Version10},
	"SubscribeToTask":                  {SubscribeToTask, Version10},
	"CreateTaskPushNotificationConfig": {CreatePushConfig, Version10}, "GetTaskPushNotificationConfig": {GetPushConfig, Version10},
	"ListTaskPushNotificationConfigs": {ListPushConfigs, Version10}, "DeleteTaskPushNotificationConfig": {DeletePushConfig, Version10},
	"GetExtendedAgentCard": {GetExtendedAgentCard, Version10},

	"message/send": {SendMessage, Version03}, "message/stream": {SendStreamingMessage, Version03},
	"tasks/get": {GetTask, Version03}, "tasks/cancel": {CancelTask, Version03}, "tasks/resubscribe": {SubscribeToTask, Version03},
	"tasks/pushNotificationConfig/set": {CreatePushConfig, Version03}, "tasks/pushNotificationConfig/get": {GetPushConfig, Version03},
	"tasks/pushNotificationConfig/list": {ListPushConfigs, Version03}, "tasks/pushNotificationConfig/delete": {DeletePushConfig, Version03},
	"agent/getAuthenticatedExtendedCard": {GetExtendedAgentCard, Version03},
}

// ofTask says that an operation is about one task.
func (o Operation) ofTask() bool {
	switch o {
	case GetTask, CancelTask, SubscribeToTask, CreatePushConfig, GetPushConfig, ListPushConfigs, DeletePushConfig:
		return true
	}
	return false
}
