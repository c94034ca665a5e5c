// Command image puts static programs into container images: one program in each, nothing else, the same bytes every time. A program that
// needs libraries gets them with -file.
//
// For each platform it takes a program, and writes an archive that docker load takes, or pushes an index of all of them to a registry
// with the credentials that Docker has.
package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// user runs the program: nobody's, and not root.
const user = "65532:65532"

type options struct {
	tag, archive string
	push         bool
	labels       map[string]string
	files        []extra
}

// extra is a file that the image holds besides the program.
type extra struct{ path, source string }

func main() {
	o := options{labels: map[string]string{}}
	flag.StringVar(&o.tag, "tag", "", "`name` of the image, as registry/repository:tag")
	flag.StringVar(&o.archive, "archive", "", "`file` to write for docker load; of one program alone")
	flag.BoolVar(&o.push, "push", false, "push to the registry that the name is of")
	flag.Func("label", "`key=value` of the image's configuration; may be given again", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return errors.New("it is not key=value")
		}
		o.labels[key] = value
		return nil
	})
	flag.Func("file", "`path=source` of a file that the image holds too, with the path in the image; may be given again", func(text string) error {
		path, source, ok := strings.Cut(text, "=")
		if !ok || !strings.HasPrefix(path, "/") {
			return errors.New("it is not /path=source")
		}
		o.files = append(o.files, extra{strings.TrimPrefix(path, "/"), source})
		return nil
	})
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: image -tag name (-archive file | -push) os/arch=program...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(o, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(o options, programs []string) error {
	tag, err := name.NewTag(o.tag)
	if err != nil {
		return fmt.Errorf("-tag: %w", err)
	}
	if len(programs) == 0 || (o.archive == "") == !o.push {
		return errors.New("name a program for each platform, and one of -archive and -push")
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, p := range programs {
		platform, path, ok := strings.Cut(p, "=")
		at, err := v1.ParsePlatform(platform)
		if !ok || err != nil || at.OS == "" || at.Architecture == "" {
			return fmt.Errorf("%q is not os/arch=program", p)
		}
		made, err := image(o, *at, path)
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		if o.archive != "" {
			if len(programs) > 1 {
				return errors.New("-archive takes one program: docker load knows no index")
			}
			digest, err := made.Digest()
			if err != nil {
				return err
			}
			fmt.Println(digest)
			return tarball.WriteToFile(o.archive, tag, made)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: made, Descriptor: v1.Descriptor{Platform: at}})
	}
	if err := remote.WriteIndex(tag, index, remote.WithAuthFromKeychain(authn.DefaultKeychain)); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err == nil {
		fmt.Printf("%s@%s\n", tag.Context(), digest)
	}
	return err
}

// image makes the image of one program.
func image(o options, platform v1.Platform, program string) (v1.Image, error) {
	layer, err := layer(program, o.files)
	if err != nil {
		return nil, err
	}
	made, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), layer)
	if err != nil {
		return nil, err
	}
	file, err := made.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = platform.OS, platform.Architecture, platform.Variant
	file.Created = v1.Time{Time: epoch}
	file.History = nil // of when and how: the same bytes every time
	file.Config = v1.Config{
		User: user, Entrypoint: []string{"/usr/local/bin/" + filepath.Base(program)}, WorkingDir: "/", Labels: o.labels,
		Env: []string{"PATH=/usr/local/bin"},
	}
	return mutate.ConfigFile(made, file)
}

// epoch is the time of everything in an image.
var epoch = time.Unix(0, 0).UTC()

// entry is one of a layer's archive.
type entry struct {
	tar.Header
	text []byte
}

// layer holds the program and further files, and a place for temporary ones where the root file system may be written.
func layer(program string, files []extra) (v1.Layer, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	passwd := []byte("root:x:0:0::/:\nnonroot:x:65532:65532::/:\n")
	entries := []entry{
		{tar.Header{Typeflag: tar.TypeDir, Name: "etc/", Mode: 0o755}, nil},
		{tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o644}, passwd},
		{tar.Header{Typeflag: tar.TypeDir, Name: "tmp/", Mode: 0o1777}, nil},
		{tar.Header{Typeflag: tar.TypeDir, Name: "usr/", Mode: 0o755}, nil},
		{tar.Header{Typeflag: tar.TypeDir, Name: "usr/local/", Mode: 0o755}, nil},
		{tar.Header{Typeflag: tar.TypeDir, Name: "usr/local/bin/", Mode: 0o755}, nil},
		{tar.Header{Typeflag: tar.TypeReg, Name: "usr/local/bin/" + filepath.Base(program), Mode: 0o755}, text},
	}
	for _, f := range files {
		more, err := os.ReadFile(f.source)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: 0o755}, more})
	}
	for _, entry := range entries {
		entry.Size, entry.ModTime, entry.Format = int64(len(entry.text)), epoch, tar.FormatPAX
		if err := w.WriteHeader(&entry.Header); err != nil {
			return nil, err
		}
		if _, err := w.Write(entry.text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}
