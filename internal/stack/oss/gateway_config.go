package oss

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agentward/terraform-provider-agent/internal/gateway/mirror"
	"github.com/agentward/terraform-provider-agent/internal/gateway/written"
	"github.com/agentward/terraform-provider-agent/internal/spec"
	"github.com/agentward/terraform-provider-agent/internal/stack"
	"github.com/agentward/terraform-provider-agent/internal/stack/oss/permit"
)

// directory is where a pod keeps what it has read: the gateway's ConfigMap in the folder config, and beside it a folder for each
// mirror. Paths in the configuration are relative to the folder config, so that the whole may stand elsewhere.
const directory = "/run/agent-gateway"

// ConfigFolder is where the ConfigMap's entries are files in a pod.
const ConfigFolder = directory + "/" + mirror.Configuration

// ConfigFile is the entry that is the configuration itself.
const ConfigFile = mirror.File

// Config is what a gateway's pods read.
type Config struct {
	// Revision names the configuration after all that the ConfigMap holds. Replicas report the one that they have in force.
	Revision string
	// Files are the entries of the ConfigMap by key: gateway.json, mirrors.json, policies and documents.
	Files map[string][]byte
	// Mirrors are the other objects that are files in the pods, in order.
	Mirrors []mirror.Object

	credentials map[string]string // write-only values by key of the gateway's own Secret
	versions    map[string]string // of those
	restart     string            // changes with what a running gateway cannot take over
}

// GatewayConfig gives the configuration of a gateway, and the documents that it speaks of.
func GatewayConfig(g spec.Gateway) (Config, error) {
	c := configuring{Gateway: g, Config: Config{Files: map[string][]byte{}, credentials: map[string]string{}, versions: map[string]string{}}, mirrored: map[string]string{}}
	c.policyFiles()
	file := c.file()
	c.mirrors()
	list, err := mirror.JSON(c.Mirrors)
	if err != nil {
		return Config{}, err
	}
	var lines bytes.Buffer // so that a plan shows what comes and goes
	if err := json.Indent(&lines, list, "", "  "); err != nil {
		return Config{}, err
	}
	c.Files[mirror.List] = lines.Bytes()
	if c.restart, err = restart(file); err != nil {
		return Config{}, err
	}
	// The revision is of the configuration without it.
	if c.Files[ConfigFile], err = written.JSON(file); err != nil {
		return Config{}, err
	}
	c.Revision = revision(c.Files)
	file.Revision = c.Revision
	c.Files[ConfigFile], err = written.JSON(file)
	return c.Config, err
}

// configuring is a configuration that is being rendered.
type configuring struct {
	spec.Gateway
	Config
	mirrored map[string]string // folder by Secret of the user's
}

// add makes a text an entry of the ConfigMap, and gives its path as the configuration has it; "" for no text.
func (c *configuring) add(key, text string) string {
	if text == "" {
		return ""
	}
	c.Files[key] = []byte(text)
	return key
}

// policyFiles gives each policy an entry of its own, so that a plan shows what changes in it.
func (c *configuring) policyFiles() {
	for _, name := range slices.Sorted(maps.Keys(c.Policies)) {
		c.add("policy."+name+".cedar", c.Policies[name])
	}
	for _, name := range slices.Sorted(maps.Keys(c.Allow)) {
		a := c.Allow[name]
		c.add("allow."+name+".cedar", permit.Policies(name, a, c.TrustDomain, c.Targets[a.Target].Protocol))
	}
}

// secret gives the path of the file that holds a secret, "" where there is none. name says whose it is.
func (c *configuring) secret(name string, s spec.SecretValue) string {
	switch {
	case s.Secret != "":
		return c.mirror(s.Secret, s.Key)
	case s.Value != "":
		c.credentials[name] = s.Value
		if s.Version != "" {
			c.versions[name] = s.Version
		}
		return "../credentials/" + name
	}
	return ""
}

// mirror gives the path of an entry of a Secret of the user's.
func (c *configuring) mirror(secret, key string) string {
	c.mirrored[secret] = "secrets/" + secret
	return "../" + c.mirrored[secret] + "/" + key
}

// mirrors lists what is copied into the pods. None is optional: one that is gone leaves its last copy, and nobody comes off the list
// of the suspended by its end.
func (c *configuring) mirrors() {
	add := func(kind mirror.Kind, name, folder string) {
		c.Mirrors = append(c.Mirrors, mirror.Object{Kind: kind, Namespace: c.Namespace, Name: name, Directory: folder})
	}
	add(mirror.ConfigMap, spec.SuspendedObject(c.Name), "suspended")
	if len(c.Keys.IDs) > 0 {
		add(mirror.Secret, keysSecret(c.Gateway), "keys")
	}
	if len(c.credentials) > 0 {
		add(mirror.Secret, c.Name+"-credentials", "credentials")
	}
	for _, name := range slices.Sorted(maps.Keys(c.mirrored)) {
		add(mirror.Secret, name, c.mirrored[name])
	}
}

// revision is a hash over all files with their names.
func revision(files map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%d %s%d ", len(name), name, len(files[name]))
		sum.Write(files[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// restart is a hash over what a running gateway refuses to take over (see package server): names, addresses and TLS of listeners,
// the admin address, the store, where its identity comes from, and limits that hold for connections.
func restart(f written.File) (string, error) {
	part := written.File{Admin: f.Admin, Store: f.Store, Identity: f.Identity}
	for _, l := range f.Listeners {
		part.Listeners = append(part.Listeners, written.Listener{Name: l.Name, Address: l.Address, URL: l.URL, MinimumTLS: l.MinimumTLS})
	}
	if l := f.Limits; l != nil {
		part.Limits = &written.Limits{Header: l.Header, Streams: l.Streams, HeaderTime: l.HeaderTime}
	}
	text, err := written.JSON(part)
	return shortHash(string(text)), err
}

// configMap holds the files. What is not text is in binaryData.
func (g gateway) configMap() stack.Object {
	data, binary := map[string]any{}, map[string]any{}
	for name, content := range g.config.Files {
		if utf8.Valid(content) && !strings.HasPrefix(name, descriptors) {
			data[name] = string(content)
		} else {
			binary[name] = base64.StdEncoding.EncodeToString(content)
		}
	}
	content := map[string]any{"data": data}
	if len(binary) > 0 {
		content["binaryData"] = binary
	}
	return g.object(g.in("", "v1", "ConfigMap", g.Name), content)
}
