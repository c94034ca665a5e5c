package rpc

import (
	"encoding/base64"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// RetryAfter gives Details that say how long to wait before the same is asked again (google.rpc.RetryInfo); "" where they cannot be written.
func (s *Status) RetryAfter(wait time.Duration) string {
	told, err := status.New(s.Code, s.Message).WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)})
	if err != nil {
		return ""
	}
	text, err := proto.Marshal(told.Proto())
	if err != nil {
		return ""
	}
	return base64.RawStdEncoding.EncodeToString(text)
}
