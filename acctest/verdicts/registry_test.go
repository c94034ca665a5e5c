package verdicts

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// registry is a container registry on the loopback interface, over plain HTTP as clients expect it there.
type registry struct {
	host  string
	blobs map[string][]byte // manifests by "<repository>:<tag or digest>", blobs by "<digest>"
	types map[string]string // media types of manifests
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{blobs: map[string][]byte{}, types: map[string]string{}}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(server.Close)
	r.host = strings.TrimPrefix(server.URL, "http://")
	return r
}

// serve answers the requests of the OCI distribution specification by which an image is pulled.
func (r *registry) serve(w http.ResponseWriter, req *http.Request) {
	path := strings.TrimPrefix(req.URL.Path, "/v2/")
	var content []byte
	var mediaType string
	if repository, reference, ok := strings.Cut(path, "/manifests/"); ok {
		content, mediaType = r.blobs[repository+":"+reference], r.types[repository+":"+reference]
	} else if _, digest, ok := strings.Cut(path, "/blobs/"); ok {
		content, mediaType = r.blobs[digest], "application/octet-stream"
	} else if path == "" {
		return
	}
	if content == nil {
		http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", digestOf(content))
	_, _ = w.Write(content)
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Size        int               `json:"size"`
	Digest      string            `json:"digest"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// push stores an image without layers and gives its reference by tag and digest.
func (r *registry) push(t *testing.T, repository, tag string, layers ...descriptor) string {
	t.Helper()
	config := r.blob(encode(t, map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{"Labels": map[string]string{"name": repository + tag}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{}},
	}), "application/vnd.oci.image.config.v1+json")
	const mediaType = "application/vnd.oci.image.manifest.v1+json"
	manifest := encode(t, map[string]any{"schemaVersion": 2, "mediaType": mediaType, "config": config, "layers": append([]descriptor{}, layers...)})
	digest := digestOf(manifest)
	for _, reference := range []string{tag, digest} {
		r.blobs[repository+":"+reference], r.types[repository+":"+reference] = manifest, mediaType
	}
	return r.host + "/" + repository + ":" + tag + "@" + digest
}

// sign stores a signature of the image as cosign does: the signed claim is the one layer of an image beside it.
func (r *registry) sign(t *testing.T, image string, key *ecdsa.PrivateKey) {
	t.Helper()
	name, digest, _ := strings.Cut(image, "@")
	repository := strings.Split(strings.TrimPrefix(name, r.host+"/"), ":")[0]
	claim := encode(t, map[string]any{"critical": map[string]any{
		"identity": map[string]string{"docker-reference": r.host + "/" + repository},
		"image":    map[string]string{"docker-manifest-digest": digest},
		"type":     "cosign container image signature",
	}, "optional": nil})
	sum := sha256.Sum256(claim)
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	layer := r.blob(claim, "application/vnd.dev.cosign.simplesigning.v1+json")
	layer.Annotations = map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(signature)}
	r.push(t, repository, strings.Replace(digest, ":", "-", 1)+".sig", layer)
}

func (r *registry) blob(content []byte, mediaType string) descriptor {
	digest := digestOf(content)
	r.blobs[digest] = content
	return descriptor{MediaType: mediaType, Size: len(content), Digest: digest}
}

func newKey(t *testing.T) (*ecdsa.PrivateKey, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}
