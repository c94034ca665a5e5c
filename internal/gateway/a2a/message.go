package a2a

import (
	"fmt"
	"mime"
	"strings"

	"github.com/agentward/terraform-provider-agent/internal/gateway/jsonscan"
)

// message fills in what policies may know of a message.
func (p *Parser) message(x *Exchange, m params) *Error {
	if m[atMessage].Kind() != jsonscan.Object {
		return newError(InvalidParams, "message: is missing")
	}
	about := x.Call.Message
	var bad *Error
	take := func(to *string, at int, name string) {
		if bad == nil {
			*to, bad = m.text(at, name)
		}
	}
	var role string
	take(&about.Task, atMessageTask, "message.taskId")
	take(&about.Context, atMessageContext, "message.contextId")
	take(&role, atRole, "message.role")
	if bad != nil {
		return bad
	}
	if about.Role, bad = roleOf(role, x.Call.Version); bad != nil {
		return bad
	}
	extended, bad := texts(m[atExtensions], "message.extensions")
	if bad != nil {
		return bad
	}
	about.Extensions = set(append(about.Extensions, extended...))
	if about.ReferenceTasks, bad = texts(m[atReferences], "message.referenceTaskIds"); bad != nil {
		return bad
	}
	if x.Skill, bad = p.skill(m[atMessageMetadata]); bad != nil {
		return bad
	}
	if bad := x.push(m, atPushURL, atPush03URL, atPushProtoURL); bad != nil {
		return bad
	}
	list := m[atParts]
	if content := m[atContent]; content.Kind() != jsonscan.Absent && x.Call.Version == Version03 {
		if list.Kind() != jsonscan.Absent {
			return newError(InvalidParams, "message: has both parts and content")
		}
		list = content // Protobuf's JSON of some releases of 0.3
	}
	return p.parts(x, list)
}

// roles in the words of 1.0. Those of 0.3 over JSON-RPC are its own, over the other bindings Protobuf's.
var roles = map[string]map[string]string{
	Version10: {"ROLE_USER": "ROLE_USER", "ROLE_AGENT": "ROLE_AGENT"},
	Version03: {"ROLE_USER": "ROLE_USER", "ROLE_AGENT": "ROLE_AGENT", "user": "ROLE_USER", "agent": "ROLE_AGENT"},
}

func roleOf(said, version string) (string, *Error) {
	role, ok := roles[version][said]
	if !ok {
		return "", newError(InvalidParams, "message.role: is none of version "+version)
	}
	return role, nil
}

// skill gives what the agreed member of the metadata says.
func (p *Parser) skill(metadata jsonscan.Value) (string, *Error) {
	wanted, found := p.skillKey(), ""
	for key, v := range metadata.Members() {
		name, _ := key.Text()
		if name == wanted {
			s, ok := v.Text()
			if !ok || s == "" || len(s) > maxName {
				return "", newError(InvalidParams, "message.metadata: the skill must be a string")
			}
			found = s
		} else if jsonscan.Folds(name, wanted) {
			return "", newError(InvalidParams, "message.metadata: a key differs from that of the skill only in letter case")
		}
	}
	return found, nil
}

var partShape = jsonscan.MustShape("/text", "/raw", "/url", "/data", "/file", "/kind", "/mediaType", "/media_type",
	"/file/uri", "/file/bytes", "/file/fileWithUri", "/file/fileWithBytes", "/file/mimeType",
	"/file/file_with_uri", "/file/file_with_bytes", "/file/mime_type")

const (
	partText = iota
	partRaw
	partURL
	partData
	partFile
	partKind
	partMedia
	partMediaProto
	fileURI
	fileBytes
	fileURIProto
	fileBytesProto
	fileMedia
	fileSpelling // and two more
	partMembers  = fileSpelling + 3
)

// parts fills in kinds, media types and hosts of a message's parts.
func (p *Parser) parts(x *Exchange, list jsonscan.Value) *Error {
	if list.Kind() != jsonscan.Array {
		return newError(InvalidParams, "message.parts: must be an array")
	}
	about, count := x.Call.Message, 0
	for e := range list.Elements() {
		if count++; count > maxSet {
			return newError(InvalidParams, fmt.Sprintf("message.parts: has more than %d", maxSet))
		}
		one, bad := p.part(e, x.Call.Version)
		if bad != nil {
			return bad
		}
		about.PartKinds = append(about.PartKinds, one.kind)
		if one.media != "" {
			about.MediaTypes = append(about.MediaTypes, one.media)
		}
		if one.host != "" {
			about.URLHosts = append(about.URLHosts, one.host)
		}
	}
	about.PartKinds, about.MediaTypes, about.URLHosts = set(about.PartKinds), set(about.MediaTypes), set(about.URLHosts)
	return nil
}

type part struct{ kind, media, host string }

func (p *Parser) part(v jsonscan.Value, version string) (part, *Error) {
	var at [partMembers]jsonscan.Value
	if v.Kind() != jsonscan.Object {
		return part{}, newError(InvalidParams, "message.parts: must hold objects")
	}
	if _, err := partShape.Scan(v.Raw, p.Limits, at[:]); err != nil {
		return part{}, newError(ParseError, "message.parts: "+err.Error())
	}
	for i := range at {
		if at[i].Kind() == jsonscan.Absent {
			continue
		}
		// null is nothing to some readers and a value to others
		if at[i].Kind() == jsonscan.Null || i == partMediaProto || i >= fileSpelling {
			return part{}, newError(InvalidParams, "message.parts: a member is null, or written as Protobuf has it")
		}
	}
	if version == Version03 {
		return part03(at[:])
	}
	return part10(at[:])
}

// only gives the place of the one value that is there.
func only(at []jsonscan.Value, places ...int) (int, *Error) {
	found := -1
	for _, i := range places {
		if at[i].Kind() == jsonscan.Absent {
			continue
		}
		if found >= 0 {
			return 0, newError(InvalidParams, "message.parts: a part has two contents")
		}
		found = i
	}
	if found < 0 {
		return 0, newError(InvalidParams, "message.parts: a part has no content that its version knows")
	}
	return found, nil
}

func part10(at []jsonscan.Value) (part, *Error) {
	found, bad := only(at, partText, partRaw, partURL, partData, partFile)
	if bad != nil {
		return part{}, bad
	}
	if found == partFile {
		return part{}, newError(InvalidParams, "message.parts: file is of version "+Version03)
	}
	one := part{kind: [...]string{"text", "raw", "url", "data"}[found]}
	if one.media, bad = media(at[partMedia]); bad != nil {
		return part{}, bad
	}
	if found == partData {
		return one, nil
	}
	content, ok := at[found].Text()
	if !ok {
		return part{}, newError(InvalidParams, "message.parts: "+one.kind+": must be a string")
	}
	if found == partURL {
		one.host, bad = host(content, false)
	}
	return one, bad
}

func part03(at []jsonscan.Value) (part, *Error) {
	found, bad := only(at, partText, partFile, partData, partRaw, partURL)
	if bad != nil {
		return part{}, bad
	}
	if found == partRaw || found == partURL {
		return part{}, newError(InvalidParams, "message.parts: raw and url are of version "+Version10)
	}
	kind := map[int]string{partText: "text", partFile: "file", partData: "data"}[found]
	if said, bad := text(at[partKind], "message.parts.kind"); bad != nil || said != "" && said != kind {
		return part{}, newError(InvalidParams, "message.parts: kind is not that of the content")
	}
	if found != partFile {
		if found == partText && at[found].Kind() != jsonscan.String {
			return part{}, newError(InvalidParams, "message.parts: text: must be a string")
		}
		return part{kind: kind}, nil
	}
	if at[partFile].Kind() != jsonscan.Object {
		return part{}, newError(InvalidParams, "message.parts: file: must be an object")
	}
	content, bad := only(at, fileURI, fileBytes, fileURIProto, fileBytesProto)
	if bad != nil {
		return part{}, bad
	}
	var one part
	if one.media, bad = media(at[fileMedia]); bad != nil {
		return part{}, bad
	}
	inside, ok := at[content].Text()
	if !ok {
		return part{}, newError(InvalidParams, "message.parts: file: must hold a string")
	}
	if one.kind = "raw"; content == fileURI || content == fileURIProto {
		one.kind = "url"
		one.host, bad = host(inside, false)
	}
	return one, bad
}

// media gives a media type without its parameters, in lower case. What is none stays as it is.
func media(v jsonscan.Value) (string, *Error) {
	said, bad := text(v, "message.parts.mediaType")
	if bad != nil {
		return "", bad
	}
	if parsed, _, err := mime.ParseMediaType(said); err == nil {
		return parsed, nil
	}
	return strings.ToLower(strings.TrimSpace(said)), nil
}
